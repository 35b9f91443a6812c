package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func TestMayRead(t *testing.T) {
	cases := map[string]struct {
		header string
		broken bool
		want   int
	}{
		"nobody":           {"", false, http.StatusUnauthorized},
		"a password":       {"Basic cmVhZGVyOnJlYWRlcg==", false, http.StatusUnauthorized},
		"an empty token":   {"Bearer ", false, http.StatusUnauthorized},
		"an unknown token": {"Bearer unknown", false, http.StatusUnauthorized},
		"someone else":     {"Bearer visitor", false, http.StatusForbidden},
		"a reader":         {"Bearer reader", false, http.StatusOK},
		"an outage":        {"Bearer reader", true, http.StatusInternalServerError},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			request.Header.Set("Authorization", test.header)
			got, _ := mayRead(clusterWithReader(test.broken), request)
			if got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// clusterWithReader knows the users reader and visitor by tokens of their names.
func clusterWithReader(broken bool) *fake.Clientset {
	cluster := fake.NewClientset()
	cluster.PrependReactor("create", "tokenreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if broken {
			return true, nil, errors.New("an outage")
		}
		review := action.(clienttesting.CreateAction).GetObject().(*authenticationv1.TokenReview)
		review.Status.Authenticated = review.Spec.Token != "unknown"
		review.Status.User.Username = review.Spec.Token
		return true, review, nil
	})
	cluster.PrependReactor("create", "subjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SubjectAccessReview)
		asked := *review.Spec.NonResourceAttributes
		review.Status.Allowed = review.Spec.User == "reader" && asked.Path == "/metrics" && asked.Verb == "get"
		return true, review, nil
	})
	return cluster
}
