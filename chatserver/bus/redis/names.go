package redis

import (
	"fmt"

	"github.com/parley-chat/parley/chatserver/bus"
)

// names translates between channels and what Redis calls them. The part in
// braces decides the slot: a partition and its probe share one.
type names struct {
	project  string
	channels map[string]bus.Channel
}

func newNames(project string) names {
	n := names{project: project, channels: make(map[string]bus.Channel)}
	if fault(faultSharedNames) {
		n.project = "shared"
	}
	for _, channel := range allChannels() {
		n.channels[n.of(channel)] = channel
	}
	return n
}

func (n names) of(channel bus.Channel) string {
	return fmt.Sprintf("parley:{%s:%s}", n.project, channel)
}

// probe names a channel in the slot of the given one that only this pod uses.
func (n names) probe(name, pod string) string { return name + ":probe:" + pod }

func allChannels() []bus.Channel {
	var all []bus.Channel
	for _, family := range []bus.Family{bus.Conversations, bus.Users} {
		for partition := range bus.Partitions {
			all = append(all, bus.Channel{Family: family, Partition: uint8(partition)})
		}
	}
	return all
}
