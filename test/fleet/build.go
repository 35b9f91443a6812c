package fleet

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build compiles the chat server into the folder, with the given flags of go
// build, and returns the program.
func Build(ctx context.Context, folder string, flags ...string) (string, error) {
	program := filepath.Join(folder, "chatserver")
	arguments := append(append([]string{"build"}, flags...), "-o", program, "github.com/parley-chat/parley/cmd/chatserver")
	if output, err := exec.CommandContext(ctx, "go", arguments...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the chat server: %w\n%s", err, output)
	}
	return program, nil
}
