package redis

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"
	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
	"github.com/parley-chat/parley/test/services"
)

func TestTwoProjectsOnOneRedisNeverSeeEachOther(t *testing.T) {
	server := services.Redis(t)
	bustest.VerifyNoLeak(t)
	one := newPod(t, Options{URLs: fixed(server.URL()), Project: "one"})
	two := newPod(t, Options{URLs: fixed(server.URL()), Project: "two"})
	all := bustest.AllChannels()
	one.subscribe(all...)
	two.subscribe(all...)
	one.expectFlow("of one", all...)
	two.expectFlow("of two", all...)
	one.expectFlow("of one again", all...)
	for _, channel := range all {
		one.Expect(one.Payloads(channel)).To(Equal([]string{"of one", "of one again"}))
		two.Expect(two.Payloads(channel)).To(Equal([]string{"of two"}))
	}
}

func TestThePasswordIsReadAgainForEachConnection(t *testing.T) {
	server := services.Redis(t)
	bustest.VerifyNoLeak(t)
	var password atomic.Value
	password.Store("")
	p := newPod(t, Options{URLs: func(context.Context) ([]string, error) {
		parsed, err := url.Parse(server.URL())
		if err == nil && password.Load() != "" {
			parsed.User = url.UserPassword("default", password.Load().(string))
		}
		return []string{parsed.String()}, err
	}})
	p.subscribe(room)
	p.expectFlow("before", room)

	admin := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer func() { p.Expect(admin.Close()).To(Succeed()) }()
	password.Store("changed")
	p.Expect(admin.ConfigSet(t.Context(), "requirepass", "changed").Err()).To(Succeed())
	p.Expect(admin.Do(t.Context(), "client", "kill", "skipme", "yes").Err()).To(Succeed())
	p.eventuallyResubscribed(room)
	p.expectFlow("after", room)
}

func TestNoPasswordIsToldToAnybody(t *testing.T) {
	g := NewWithT(t)
	var log bytes.Buffer
	options := Options{
		Project: "3f1c", Receiver: bustest.NewRecorder(),
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, text := range []string{"redis://name:hush\x7f@host", "redis://name:hush@host:port", "http://name:hush@host", "redis://name:hush@host/%zz"} {
		options.URLs = fixed(text)
		_, err := Open(t.Context(), options)
		g.Expect(err).To(HaveOccurred())
		g.Expect(err.Error()).NotTo(ContainSubstring("hush"))
	}

	server := services.Redis(t)
	server.Stop(t)
	parsed, err := url.Parse(server.URL())
	g.Expect(err).NotTo(HaveOccurred())
	parsed.User = url.UserPassword("name", "hush")
	options.URLs = fixed(parsed.String())
	opened := open(t, options)
	err = opened.Publish(t.Context(), []bus.Publication{{Channel: room}})
	g.Expect(err).To(HaveOccurred())
	g.Expect(err.Error()).NotTo(ContainSubstring("hush"))
	server.Start(t)
	// Redis knows no such name and refuses.
	g.Expect(opened.Publish(t.Context(), []bus.Publication{{Channel: room}})).NotTo(Succeed())
	g.Expect(opened.Close()).To(Succeed())
	g.Expect(log.String()).NotTo(ContainSubstring("hush"))
	g.Expect(log.String()).NotTo(BeEmpty())
}
