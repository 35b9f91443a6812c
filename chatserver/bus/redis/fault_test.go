package redis

import (
	"testing"

	"github.com/parley-chat/parley/test/faults"
)

func TestFaultsAreNoticed(t *testing.T) {
	faults.AreNoticed(t, []faults.Guard{
		{Fault: "skip-confirmation", Test: "TestStandalone/what_is_published_right_after_Subscribe_returned_arrives"},
		{Fault: "no-probe", Test: "TestASilentConnectionIsReplaced"},
		{Fault: "no-probe", Test: "TestABusIsUnhealthyOnceAProbeIsOverdueThoughTheConnectionStillStands"},
		{Fault: "no-rebuild", Test: "TestKilledAndStartedAgainEveryChannelIsResubscribed"},
		{Fault: "shared-channel-names", Test: "TestTwoProjectsOnOneRedisNeverSeeEachOther"},
	})
}
