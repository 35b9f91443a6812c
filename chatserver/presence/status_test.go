package presence

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestWhatOthersSeeOfEachStatus(t *testing.T) {
	for name, one := range map[string]struct {
		presence     Presence
		visible, own Status
	}{
		"nothing chosen":                 {Presence{Live: true}, Online, Online},
		"online":                         {Presence{Live: true, Chosen: Online}, Online, Online},
		"away":                           {Presence{Live: true, Chosen: Away}, Away, Away},
		"do not disturb":                 {Presence{Live: true, Chosen: DoNotDisturb}, DoNotDisturb, DoNotDisturb},
		"invisible":                      {Presence{Live: true, Chosen: Invisible}, Offline, Invisible},
		"gone":                           {Presence{Chosen: Online}, Offline, Offline},
		"gone while not to be disturbed": {Presence{Chosen: DoNotDisturb}, Offline, Offline},
		"gone while invisible":           {Presence{Chosen: Invisible}, Offline, Offline},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(one.presence.Visible()).To(Equal(one.visible))
			g.Expect(one.presence.Own()).To(Equal(one.own))
		})
	}
}
