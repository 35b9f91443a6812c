package server

import (
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
)

func init() {
	if os.Getenv("TMP_RATE") != "" {
		runtime.MemProfileRate = 2048
	}
	if a := os.Getenv("TMP_PPROF"); a != "" {
		go http.ListenAndServe(a, nil)
	}
}
