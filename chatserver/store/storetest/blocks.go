package storetest

import (
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
)

var blocks = []rule{
	{"a block is stored once and deleted once", blockOnce},
	{"blocks are listed, the latest first", blocksAreListed},
	{"any block is one of either way, with any of the others", anyBlock},
	{"of racing blockers exactly one creates the block", blockRace},
}

func (f *fixture) block(blocker, blocked model.UserID) model.Block {
	block, created, err := f.store.SaveBlock(f.ctx, blocker, blocked)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(created).To(BeTrue())
	return block
}

func blockOnce(_ *testing.T, f *fixture) {
	people := f.users(2)
	block := f.block(people[0], people[1])
	f.Expect(block).To(Equal(model.Block{Blocker: people[0], Blocked: people[1], CreatedAt: block.CreatedAt}))
	f.Expect(block.CreatedAt).NotTo(BeZero())
	again, created, err := f.store.SaveBlock(f.ctx, people[0], people[1])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(created).To(BeFalse())
	f.Expect(again).To(Equal(block))

	_, err = f.store.DeleteBlock(f.ctx, people[1], people[0])
	f.Expect(err).To(MatchError(model.ErrBlockNotFound), "the other way round")
	f.Expect(f.store.DeleteBlock(f.ctx, people[0], people[1])).To(Equal(block))
	_, err = f.store.DeleteBlock(f.ctx, people[0], people[1])
	f.Expect(err).To(MatchError(model.ErrBlockNotFound))

	for _, pair := range [][2]model.UserID{{people[0], model.FirstID + 77}, {model.FirstID + 77, people[0]}} {
		_, _, err = f.store.SaveBlock(f.ctx, pair[0], pair[1])
		f.Expect(err).To(MatchError(model.ErrUserNotFound))
	}
}

func blocksAreListed(_ *testing.T, f *fixture) {
	people := f.users(6)
	var wanted []model.UserID
	for _, blocked := range []int{3, 1, 5, 2, 4} {
		f.block(people[0], people[blocked])
		wanted = append([]model.UserID{people[blocked]}, wanted...)
	}
	f.block(people[1], people[0])
	expectList(f, listing[model.Block, model.UserID]{
		read: func(page model.ListPage) ([]model.Block, int64, error) {
			return f.store.ListBlocks(f.ctx, people[0], page)
		},
		key:    func(block model.Block) model.UserID { return block.Blocked },
		cursor: func(block model.Block) model.ListCursor { return at(block.CreatedAt, block.Blocked) },
	}, wanted...)
	blocked, err := f.store.BlockedBy(f.ctx, people[:3])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(blocked).To(HaveLen(2))
	f.Expect(blocked[people[0]]).To(ConsistOf(wanted))
	f.Expect(blocked[people[1]]).To(Equal(people[:1]))
}

func anyBlock(_ *testing.T, f *fixture) {
	people := f.users(4)
	f.block(people[0], people[1])
	for _, asked := range []struct {
		user   model.UserID
		others []model.UserID
		wanted bool
	}{
		{people[0], []model.UserID{people[1]}, true},
		{people[1], []model.UserID{people[0]}, true},
		{people[1], []model.UserID{people[3], people[2], people[0]}, true},
		{people[2], []model.UserID{people[0], people[1], people[3]}, false},
		{people[0], []model.UserID{people[2], people[3]}, false},
		{people[0], nil, false},
	} {
		f.Expect(f.store.AnyBlock(f.ctx, asked.user, asked.others)).To(Equal(asked.wanted), "%+v", asked)
	}
}

func blockRace(_ *testing.T, f *fixture) {
	people := f.users(2)
	births := make(chan bool, 8)
	var race errgroup.Group
	for range cap(births) {
		race.Go(func() error {
			_, created, err := f.store.SaveBlock(f.ctx, people[0], people[1])
			births <- created
			return err
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	close(births)
	count := 0
	for created := range births {
		if created {
			count++
		}
	}
	f.Expect(count).To(Equal(1))
}
