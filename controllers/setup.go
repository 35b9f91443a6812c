package controllers

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/parley-chat/parley/controllers/resources"
)

// Options are what the operator is told at its start.
type Options struct {
	Image          string   // of the chat server, for projects that name none
	Namespaces     []string // to work in; empty means all
	PodKeysets     PodKeysets
	PodRevocations PodRevocations
}

// Setup adds both reconcilers to a manager that has the cache of CacheOptions.
func Setup(ctx context.Context, manager ctrl.Manager, options Options) error {
	if err := AddIndexes(ctx, manager.GetFieldIndexer()); err != nil {
		return err
	}
	dependencies, err := NewDependencyCache(manager, options.Namespaces)
	if err != nil {
		return err
	}
	cluster := Cluster{Client: manager.GetClient(), Live: manager.GetAPIReader()}
	recorder := manager.GetEventRecorder(resources.FieldOwner)
	projects := &ChatProjectReconciler{
		Cluster: cluster, Recorder: recorder, PodKeysets: options.PodKeysets, PodRevocations: options.PodRevocations,
		Clock: clock.RealClock{}, Random: rand.Reader, Image: options.Image,
	}
	if err := projects.SetupWithManager(manager, dependencies); err != nil {
		return err
	}
	keys := &ApiKeyReconciler{Cluster: cluster, Recorder: recorder, Clock: clock.RealClock{}, Random: rand.Reader}
	return keys.SetupWithManager(manager)
}

// NewPodKeysets asks pods over connections that stay open between two questions.
func NewPodKeysets() HTTPPodKeysets {
	return HTTPPodKeysets{Client: podClient(&http.Transport{
		MaxIdleConns: 256, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
	})}
}

// NewPodRevocations opens a connection for each notice: one that stayed open may
// have broken unnoticed, and there is no time to find out.
func NewPodRevocations() HTTPPodRevocations {
	return HTTPPodRevocations{Client: podClient(&http.Transport{DisableKeepAlives: true})}
}

// podClient speaks with pods directly: the transport names no proxy, and a pod
// is not followed anywhere else.
func podClient(transport *http.Transport) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}
