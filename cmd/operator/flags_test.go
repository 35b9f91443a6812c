package main

import (
	"slices"
	"testing"
)

func TestWatchNamespaces(t *testing.T) {
	for text, want := range map[string][]string{"": nil, "a": {"a"}, "a, b,": {"a", "b"}} {
		parsed, err := parseFlags([]string{"--watch-namespaces=" + text})
		if err != nil || !slices.Equal(parsed.namespaces, want) {
			t.Errorf("%q gives %q, %v", text, parsed.namespaces, err)
		}
	}
}
