package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

var lifecycle = []rule{
	{"the epoch stays the same", epochStays},
	{"a closed store refuses calls", closedRefuses},
}

func epochStays(_ *testing.T, f *fixture) {
	first, err := f.store.Epoch(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(first).NotTo(BeEmpty())
	f.send(f.group(f.user()), model.FirstID, "a")
	f.Expect(f.store.Epoch(f.ctx)).To(Equal(first))
}

func closedRefuses(_ *testing.T, f *fixture) {
	f.Expect(f.store.Ping(f.ctx)).To(Succeed())
	f.Expect(f.store.Close()).To(Succeed())
	f.Expect(f.store.Ping(f.ctx)).NotTo(Succeed())
	_, err := f.store.User(f.ctx, model.UserRef{ID: model.FirstID})
	f.Expect(err).To(HaveOccurred())
	f.Expect(f.store.Close()).To(Succeed(), "a second time")
}
