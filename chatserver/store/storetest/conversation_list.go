package storetest

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var conversationList = []rule{
	{"conversations are listed with the latest activity first", conversationsByActivity},
	{"each filter of conversations selects, alone and together", conversationsAreFiltered},
	{"a search in names is literal and regards no case", conversationSearch},
	{"members select, with others and without", conversationsByMembers},
	{"who may join finds public conversations", joinableConversations},
	{"a viewer's own state selects", conversationsByOwnState},
	{"a view is the viewer's own", conversationViews},
	{"a view shows nothing from before the joining, where that is hidden", viewsSinceJoin},
	{"a view without a viewer has the newest message that is not deleted", viewsOfNobody},
}

func (f *fixture) conversationListing(filter store.ConversationFilter) listing[model.ConversationView, model.ConversationID] {
	return listing[model.ConversationView, model.ConversationID]{
		read: func(page model.ListPage) ([]model.ConversationView, int64, error) {
			return f.store.ListConversations(f.ctx, filter, page)
		},
		key:    func(view model.ConversationView) model.ConversationID { return view.ID },
		cursor: func(view model.ConversationView) model.ListCursor { return at(view.ActivityAt, view.ID) },
	}
}

func conversationsByActivity(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(5, people...)
	f.send(rooms[1], people[0], "a")
	f.send(rooms[3], people[0], "a")
	wanted := []model.ConversationID{rooms[3], rooms[1], rooms[4], rooms[2], rooms[0]}
	for _, filter := range []store.ConversationFilter{{}, {Viewer: people[0]}, {Viewer: people[1], MemberOf: people[1]}} {
		expectList(f, f.conversationListing(filter), wanted...)
	}
	_, err := f.edit(f.ctx, rooms[1], model.MessageRef{ID: f.history(rooms[1])[0].ID}, `"x"`)
	f.Expect(err).NotTo(HaveOccurred())
	expectList(f, f.conversationListing(store.ConversationFilter{}), wanted...)
}

func conversationsAreFiltered(_ *testing.T, f *fixture) {
	people := f.users(2)
	group := f.create(conversationOf(model.Group, people[0], people[1])).Conversation.ID
	named := conversationOf(model.Public, people[1])
	named.Name = "Garden"
	public := f.create(named).Conversation.ID
	direct := f.create(conversationOf(model.Direct, people...)).Conversation.ID
	f.Expect(f.changeConversation(group, func(_ store.Change, conversation *model.Conversation) {
		conversation.Status = model.ConversationArchived
	})).To(Succeed())
	f.send(public, people[1], "a")
	first, last := f.conversation(group).ActivityAt, f.conversation(public).ActivityAt

	for name, selected := range map[string]struct {
		filter store.ConversationFilter
		wanted []model.ConversationID
	}{
		"all":            {store.ConversationFilter{}, []model.ConversationID{public, direct, group}},
		"member of":      {store.ConversationFilter{MemberOf: people[0]}, []model.ConversationID{direct, group}},
		"one type":       {store.ConversationFilter{Types: []model.ConversationType{model.Direct}}, []model.ConversationID{direct}},
		"two types":      {store.ConversationFilter{Types: []model.ConversationType{model.Direct, model.Public}}, []model.ConversationID{public, direct}},
		"archived":       {store.ConversationFilter{Status: model.ConversationArchived}, []model.ConversationID{group}},
		"active":         {store.ConversationFilter{Status: model.ConversationActive}, []model.ConversationID{public, direct}},
		"name":           {store.ConversationFilter{Name: "Garden"}, []model.ConversationID{public}},
		"part of a name": {store.ConversationFilter{Name: "Gar"}, nil},
		"search":         {store.ConversationFilter{Search: "gAr"}, []model.ConversationID{public}},
		"empty":          {store.ConversationFilter{Empty: new(true)}, []model.ConversationID{direct, group}},
		"not empty":      {store.ConversationFilter{Empty: new(false)}, []model.ConversationID{public}},
		"since":          {store.ConversationFilter{ActivitySince: last}, []model.ConversationID{public}},
		"until":          {store.ConversationFilter{ActivityUntil: last}, []model.ConversationID{direct, group}},
		"since and until": {
			store.ConversationFilter{ActivitySince: first.Add(time.Microsecond), ActivityUntil: last}, []model.ConversationID{direct},
		},
		"created by": {store.ConversationFilter{CreatedBy: people[1]}, []model.ConversationID{public}},
		"together": {store.ConversationFilter{
			Viewer: people[0], MemberOf: people[0], Types: []model.ConversationType{model.Direct, model.Group},
			Status: model.ConversationActive, Empty: new(true), CreatedBy: people[0], ActivitySince: first,
			WithMembers: people, OnlyMembers: true, Unread: new(false), Hidden: new(false),
		}, []model.ConversationID{direct}},
		"together, one against": {store.ConversationFilter{MemberOf: people[0], Name: "Garden"}, nil},
	} {
		views, total, err := f.store.ListConversations(f.ctx, selected.filter, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred(), name)
		f.Expect(keysOf(views, func(view model.ConversationView) model.ConversationID { return view.ID })).
			To(Equal(append([]model.ConversationID{}, selected.wanted...)), name)
		f.Expect(total).To(Equal(int64(len(selected.wanted))), name)
	}
}

func conversationSearch(_ *testing.T, f *fixture) {
	person := f.user()
	for _, name := range []string{"Straße 100%", "strasse 100_", "Other"} {
		wanted := conversationOf(model.Group, person)
		wanted.Name = name
		f.create(wanted)
	}
	for search, wanted := range map[string]int{"STRASSE": 2, "straße 100%": 1, "strasse 100_": 1, "%": 0, "_": 0, "traße": 0} {
		_, total, err := f.store.ListConversations(f.ctx, store.ConversationFilter{Search: search}, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(total).To(Equal(int64(wanted)), search)
	}
	room := f.group(person)
	f.Expect(f.changeConversation(room, func(_ store.Change, conversation *model.Conversation) { conversation.Name = "Renamed" })).
		To(Succeed())
	expectList(f, f.conversationListing(store.ConversationFilter{Search: "rename"}), room)
}

func conversationsByMembers(_ *testing.T, f *fixture) {
	people := f.users(4)
	pair, three := f.group(people[0], people[1]), f.group(people[:3]...)
	left := f.group(people[:3]...)
	_, err := f.removeMember(f.ctx, left, people[2])
	f.Expect(err).NotTo(HaveOccurred())
	for _, selected := range []struct {
		members []model.UserID
		only    bool
		wanted  []model.ConversationID
	}{
		{people[:2], false, []model.ConversationID{left, three, pair}},
		{people[:2], true, []model.ConversationID{left, pair}},
		{people[:3], false, []model.ConversationID{three}},
		{people[:3], true, []model.ConversationID{three}},
		{people[2:3], false, []model.ConversationID{three}},
		{people[:1], true, nil},
		{people, false, nil},
	} {
		expectList(f, f.conversationListing(store.ConversationFilter{WithMembers: selected.members, OnlyMembers: selected.only}),
			selected.wanted...)
	}
}

func joinableConversations(_ *testing.T, f *fixture) {
	people := f.users(3)
	public := f.create(conversationOf(model.Public, people[0])).Conversation.ID
	f.create(conversationOf(model.Private, people[0]))
	f.group(people[0])
	open := f.create(store.NewConversation{Type: model.Open, Ephemeral: true}).Conversation.ID
	expectList(f, f.conversationListing(store.ConversationFilter{JoinableBy: people[1]}), open, public)
	expectList(f, f.conversationListing(store.ConversationFilter{JoinableBy: people[0]}), open)

	f.ban(public, people[1], 0)
	f.ban(public, people[2], -time.Second)
	expectList(f, f.conversationListing(store.ConversationFilter{JoinableBy: people[1]}), open)
	expectList(f, f.conversationListing(store.ConversationFilter{JoinableBy: people[2]}), open, public)

	_, err := f.removeMember(f.ctx, public, people[0])
	f.Expect(err).NotTo(HaveOccurred())
	expectList(f, f.conversationListing(store.ConversationFilter{JoinableBy: people[0]}), open, public)
}

func conversationsByOwnState(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(3, people...)
	f.send(rooms[0], people[1], "a")
	f.saveOwn(rooms[1], people[0], func(member *model.Member) { member.Hidden = true })
	viewer := store.ConversationFilter{Viewer: people[0], MemberOf: people[0]}
	for _, selected := range []struct {
		unread, hidden *bool
		wanted         []model.ConversationID
	}{
		{new(true), nil, rooms[:1]},
		{new(false), nil, []model.ConversationID{rooms[2], rooms[1]}},
		{nil, new(true), rooms[1:2]},
		{nil, new(false), []model.ConversationID{rooms[0], rooms[2]}},
		{new(false), new(false), rooms[2:3]},
		{new(true), new(true), nil},
	} {
		filter := viewer
		filter.Unread, filter.Hidden = selected.unread, selected.hidden
		expectList(f, f.conversationListing(filter), selected.wanted...)
	}
	f.send(rooms[1], people[1], "b")
	filter := viewer
	filter.Hidden = new(true)
	expectList(f, f.conversationListing(filter))
	_, _, err := f.store.MarkRead(f.ctx, rooms[0], people[0], 1)
	f.Expect(err).NotTo(HaveOccurred())
	filter = viewer
	filter.Unread = new(true)
	expectList(f, f.conversationListing(filter), rooms[1])
}

func conversationViews(_ *testing.T, f *fixture) {
	people := f.users(3)
	f.updateUser(people[1], func(user *model.User) { user.DisplayName = "Bea" })
	room := f.group(people...)
	empty := f.group(people...)
	first := f.send(room, people[1], "a")
	second := f.send(room, people[1], "b")
	third := f.send(room, people[2], "c")
	f.block(people[0], people[2])
	_, _, err := f.store.HideMessage(f.ctx, room, people[0], second.Seq)
	f.Expect(err).NotTo(HaveOccurred())

	view := func(viewer model.UserID, room model.ConversationID) model.ConversationView {
		views, _, err := f.store.ListConversations(f.ctx, store.ConversationFilter{Viewer: viewer}, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		for _, view := range views {
			if view.ID == room {
				return view
			}
		}
		return model.ConversationView{}
	}
	seen := view(people[0], room)
	member, err := f.store.Member(f.ctx, room, people[0])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(seen.Conversation).To(Equal(f.conversation(room)))
	f.Expect(seen.Member).To(HaveValue(Equal(member)))
	f.Expect(bare(*seen.LastMessage)).To(Equal(first), "without hidden and blocked ones")
	f.Expect(seen.LastMessage.Author).To(HaveValue(Equal(model.Author{DisplayName: "Bea"})))
	f.Expect(seen.Unread).To(Equal(int64(1)))

	other := view(people[1], room)
	f.Expect(bare(*other.LastMessage)).To(Equal(third))
	f.Expect(other.Member.User).To(Equal(people[1]))
	f.Expect(other.Unread).To(Equal(int64(1)))

	seen = view(people[0], empty)
	f.Expect(seen.LastMessage).To(BeNil())
	f.Expect(seen.Unread).To(BeZero())
	f.saveOwn(room, people[1], func(member *model.Member) { member.ClearedSeq = third.Seq })
	f.Expect(view(people[1], room).LastMessage).To(BeNil(), "all is cleared")
}

func viewsSinceJoin(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Group, people[0])
	wanted.SinceJoin = true
	room := f.create(wanted).Conversation.ID
	f.send(room, people[0], "before")
	_, _, err := f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	viewer := f.conversationListing(store.ConversationFilter{Viewer: people[1]})
	f.Expect(expectList(f, viewer, room)[0].LastMessage).To(BeNil())
	after := f.send(room, people[0], "after")
	f.Expect(bare(*expectList(f, viewer, room)[0].LastMessage)).To(Equal(after))
}

func viewsOfNobody(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	first := f.send(room, person, "a")
	second := f.send(room, person, "b")
	_, err := f.delete(f.ctx, room, model.MessageRef{ID: second.ID})
	f.Expect(err).NotTo(HaveOccurred())
	views := expectList(f, f.conversationListing(store.ConversationFilter{}), room)
	f.Expect(views[0].Member).To(BeNil())
	f.Expect(views[0].Unread).To(BeZero())
	f.Expect(bare(*views[0].LastMessage)).To(Equal(first))
}
