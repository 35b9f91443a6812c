package redis

import (
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence/presencetest"
	"github.com/parley-chat/parley/test/services"
)

func TestOfAllWhoFindAnExpiredEntryExactlyOneAnnouncesIt(t *testing.T) {
	g := NewWithT(t)
	options := lasting
	options.Client = connect(t, services.Redis(t).URL())
	presencetest.VerifyNoLeak(t)
	var pods []*presencetest.Pod
	for range 4 {
		pods = append(pods, presencetest.NewPod(t, joining(t, options)))
	}
	dead := commands{keys: keys{project: options.Project, pod: "dead"}, client: options.Client, expiry: time.Minute}
	var wanted []string
	for i := range model.UserID(50) {
		at := place{user: model.FirstID + i}
		_, err := dead.enter(t.Context(), at, "", replace)
		g.Expect(err).NotTo(HaveOccurred())
		expireNow(t, dead, at)
		var removing sync.WaitGroup
		for _, pod := range pods {
			removing.Go(func() {
				opened, _ := pod.Registry.(*Registry)
				g.Expect(opened.removeEntry(at.channel(), dead.entry(at))).To(Succeed())
			})
		}
		removing.Wait()
		wanted = append(wanted, fmt.Sprint("user ", at.user, " online offline"))
	}
	var told []string
	for _, pod := range pods {
		told = append(told, pod.Events()...)
	}
	g.Expect(told).To(ConsistOf(wanted))
}

func TestAnEntryThatWasRenewedMeanwhileStays(t *testing.T) {
	g := NewWithT(t)
	options := lasting
	options.Client = connect(t, services.Redis(t).URL())
	presencetest.VerifyNoLeak(t)
	one, other := presencetest.NewPod(t, joining(t, options)), presencetest.NewPod(t, joining(t, options))
	one.Connect(alice, "", offline, online)
	at := place{user: alice}
	holder, _ := one.Registry.(*Registry)
	opened, _ := other.Registry.(*Registry)
	g.Expect(opened.removeEntry(at.channel(), holder.commands.entry(at))).To(Succeed())
	g.Expect(other.Visible(alice)).To(Equal(online))
	g.Expect(other.Events()).To(BeEmpty())
}

// expireNow makes an entry as old as if its time were over.
func expireNow(t *testing.T, c commands, at place) {
	t.Helper()
	NewWithT(t).Expect(c.client.Do(t.Context(), "zadd", c.expiries(at.channel()), "1", c.entry(at)).Err()).To(Succeed())
}
