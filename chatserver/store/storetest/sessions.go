package storetest

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var sessions = []rule{
	{"a session is read back as it started and as it ended", sessionIsReadBack},
	{"a session that is there is left as it is, an unknown end changes nothing", sessionRepeats},
	{"sessions are listed by start, the latest first", sessionsAreListed},
	{"each filter of sessions selects, alone and together", sessionsAreFiltered},
	{"sessions that ended before a time are deleted, at most so many", sessionsAreDeleted},
}

func (f *fixture) sessionListing(filter store.SessionFilter) listing[store.SessionRow, string] {
	return listing[store.SessionRow, string]{
		read: func(page model.ListPage) ([]store.SessionRow, int64, error) {
			return f.store.ListSessions(f.ctx, filter, page)
		},
		key:    func(row store.SessionRow) string { return row.ID },
		cursor: func(row store.SessionRow) model.ListCursor { return row.Cursor },
	}
}

func session(id string, user model.UserID, startedAt time.Time) model.SessionRecord {
	return model.SessionRecord{ID: id, Kind: model.UserSession, User: user, StartedAt: startedAt}
}

func sessionIsReadBack(_ *testing.T, f *fixture) {
	person := f.user()
	outer := session("s-1", person, morning)
	outer.UserAgent = "Browser/1.0"
	inner := session("s-2", person, morning.Add(time.Second))
	inner.Kind, inner.Conversation, inner.Parent = model.ChatSession, f.group(person), "s-1"
	f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{outer, inner}, nil)).To(Succeed())
	rows := expectList(f, f.sessionListing(store.SessionFilter{}), "s-2", "s-1")
	f.Expect(rows[0].SessionRecord).To(Equal(inner))
	f.Expect(rows[1].SessionRecord).To(Equal(outer))

	end := morning.Add(time.Minute)
	brief := session("s-3", person, morning.Add(2*time.Second))
	f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{brief}, map[string]time.Time{"s-2": end, "s-3": end})).To(Succeed())
	inner.EndedAt, brief.EndedAt = &end, &end
	rows = expectList(f, f.sessionListing(store.SessionFilter{}), "s-3", "s-2", "s-1")
	f.Expect(rows[0].SessionRecord).To(Equal(brief))
	f.Expect(rows[1].SessionRecord).To(Equal(inner))
	f.Expect(rows[2].SessionRecord).To(Equal(outer))
}

func sessionRepeats(_ *testing.T, f *fixture) {
	person := f.user()
	first := session("s-1", person, morning)
	f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{first}, nil)).To(Succeed())
	again := session("s-1", person, morning.Add(time.Hour))
	again.UserAgent = "other"
	f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{again}, map[string]time.Time{"none": morning})).To(Succeed())
	f.Expect(f.store.RecordSessions(f.ctx, nil, nil)).To(Succeed())
	rows := expectList(f, f.sessionListing(store.SessionFilter{}), "s-1")
	f.Expect(rows[0].SessionRecord).To(Equal(first))
}

func sessionsAreListed(_ *testing.T, f *fixture) {
	person := f.user()
	var records []model.SessionRecord
	for i := range 6 {
		// Two of each start.
		records = append(records, session(fmt.Sprint("s-", i), person, morning.Add(time.Duration(i/2)*time.Second)))
	}
	f.Expect(f.store.RecordSessions(f.ctx, records, nil)).To(Succeed())
	rows, _, err := f.store.ListSessions(f.ctx, store.SessionFilter{}, model.ListPage{Limit: 10})
	f.Expect(err).NotTo(HaveOccurred())
	ids := keysOf(rows, func(row store.SessionRow) string { return row.ID })
	for pair := range 3 {
		f.Expect(ids[2*pair : 2*pair+2]).To(ConsistOf(fmt.Sprint("s-", 4-2*pair), fmt.Sprint("s-", 5-2*pair)))
		f.Expect(rows[2*pair].Cursor.Key).To(Equal(rows[2*pair].StartedAt.UnixMicro()))
	}
	expectList(f, f.sessionListing(store.SessionFilter{}), ids...)
}

func sessionsAreFiltered(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	user := session("user", people[0], morning)
	chat := session("chat", people[0], morning.Add(time.Second))
	chat.Kind, chat.Conversation = model.ChatSession, room
	other := session("other", people[1], morning.Add(2*time.Second))
	f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{user, chat, other}, map[string]time.Time{"user": morning.Add(time.Minute)})).
		To(Succeed())
	for _, selected := range []struct {
		filter store.SessionFilter
		wanted []string
	}{
		{store.SessionFilter{}, []string{"other", "chat", "user"}},
		{store.SessionFilter{Kind: model.ChatSession}, []string{"chat"}},
		{store.SessionFilter{User: people[0]}, []string{"chat", "user"}},
		{store.SessionFilter{Conversation: room}, []string{"chat"}},
		{store.SessionFilter{Ended: new(true)}, []string{"user"}},
		{store.SessionFilter{Ended: new(false)}, []string{"other", "chat"}},
		{store.SessionFilter{Kind: model.ChatSession, User: people[0], Conversation: room, Ended: new(false)}, []string{"chat"}},
		{store.SessionFilter{User: people[1], Ended: new(true)}, nil},
	} {
		expectList(f, f.sessionListing(selected.filter), selected.wanted...)
	}
}

func sessionsAreDeleted(_ *testing.T, f *fixture) {
	person := f.user()
	var records []model.SessionRecord
	ended := map[string]time.Time{}
	for i := range 5 {
		id := fmt.Sprint("s-", i)
		records = append(records, session(id, person, morning.Add(time.Duration(i)*time.Second)))
		if i > 0 { // the first one lasts
			ended[id] = morning.Add(time.Duration(i) * time.Minute)
		}
	}
	f.Expect(f.store.RecordSessions(f.ctx, records, ended)).To(Succeed())
	before := ended["s-4"].Add(-time.Microsecond)
	for _, wanted := range []int64{2, 1, 0} {
		f.Expect(f.store.DeleteSessions(f.ctx, before, 2)).To(Equal(wanted))
	}
	expectList(f, f.sessionListing(store.SessionFilter{}), "s-4", "s-0")
}
