package storetest

import (
	"reflect"
	"sync"

	"github.com/parley-chat/parley/chatserver/store"
)

// coverage notes which methods of the contract the suite has called.
type coverage struct {
	mu    sync.Mutex
	names map[string]bool
}

func (c *coverage) called(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[name] = true
}

// missing lists the methods of the contract that nobody called.
func (c *coverage) missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	missing := []string{}
	for _, part := range []struct {
		prefix   string
		contract reflect.Type
	}{
		{"", reflect.TypeFor[store.Store]()},
		{"Change.", reflect.TypeFor[store.Change]()},
	} {
		for i := range part.contract.NumMethod() {
			if name := part.prefix + part.contract.Method(i).Name; !c.names[name] {
				missing = append(missing, name)
			}
		}
	}
	return missing
}
