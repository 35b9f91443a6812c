//go:build unix

package guarantees_test

import (
	"testing"

	"github.com/parley-chat/parley/test/guarantees"
)

func TestMain(m *testing.M) { guarantees.Main(m) }
