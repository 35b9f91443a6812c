package hub_test

import (
	"testing"

	"github.com/parley-chat/parley/test/faults"
)

func TestFaultsAreNoticed(t *testing.T) {
	faults.AreNoticed(t, []faults.Guard{
		{Fault: "skip-repair", Test: "TestAMissingChangeIsReadFromTheStoreWhenALaterOneArrives"},
		{Fault: "skip-sweep", Test: "TestALostLastChangeIsFoundByTheSweep"},
		{Fault: "any-order", Test: "TestChangesAreDeliveredInOrderWhateverTheBusDoes"},
		{Fault: "unbounded-queue", Test: "TestAQueueTakesUpToItsLimitAndThenTheSessionIsClosedAsSlow"},
		{Fault: "attach-unsynced", Test: "TestAMessageThatArrivesWhileASessionAttachesIsDelivered"},
		{Fault: "keep-removed", Test: "TestAMemberThatLeftHearsNothingMore"},
		{Fault: "ignore-notices", Test: "TestANewMembersSessionIsAttachedByANotice"},
		{Fault: "show-past", Test: "TestChangesOfMessagesFromBeforeTheJoiningAreNotToldLive"},
		{Fault: "show-past", Test: "TestChangesOfMessagesFromBeforeTheJoiningAreNotToldOnResume"},
		{Fault: "cut-queue", Test: "TestWhatIsQueuedIsWrittenBeforeTheSessionCloses"},
		{Fault: "keep-stale-epoch", Test: "TestSessionsEndWhenTheStoreEntersAnotherEpochAndNewOnesStay"},
		{Fault: "skip-revocation-poll", Test: "TestRevokedTokensCloseTheSessionsOfAPodThatNoNoticeReaches"},
	})
}
