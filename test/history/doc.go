// Package history records what clients asked a conversation for and what they
// were told of it, and checks afterwards that the two agree with each other and
// with the store.
//
// A test, a fault run or a load generator makes one Recorder, tells it of every
// attempt and answer, gives each client a Session that hears every event, and
// at the end, when everything is quiet, hands what the store holds to Check.
//
// Delivery is at least once and after a resume folded into states: the checker
// asks for the latest state of each object, not for each change. Of messages that
// a client must not see it says so itself; what it is not owed for another reason,
// because its user blocks the sender or may not read, looks like a gap: keep such
// clients out of a history.
//
// What may enter: facts about sends, events and stored messages, and the rules
// they are held to. What may not: networks, wires, clocks, the testing package,
// and anything that knows how a server works inside.
package history
