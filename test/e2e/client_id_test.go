//go:build e2e

package e2e

import (
	"strconv"
	"strings"

	. "github.com/onsi/gomega"
)

// split takes a client id apart: the sender's name and the message's number.
func split(g *WithT, clientID string) (name string, number int) {
	last := strings.LastIndexByte(clientID, '-')
	g.Expect(last).To(BeNumerically(">", 0), "client id %q", clientID)
	number, err := strconv.Atoi(clientID[last+1:])
	g.Expect(err).NotTo(HaveOccurred())
	return clientID[:last], number
}
