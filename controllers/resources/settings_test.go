package resources_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/controllers/resources"
)

// The servers decode strictly what the operator writes.
func TestSettingsAreWhatServersRead(t *testing.T) {
	window := int32(0)
	cases := map[string]struct {
		change func(*v1alpha1.ChatProjectSpec)
		want   func(*config.Config)
	}{
		"smallest": {},
		"everything": {
			change: func(spec *v1alpha1.ChatProjectSpec) {
				spec.Shards = 64
				spec.Auth = v1alpha1.AuthSpec{
					GuestSessions: true, PublicUserCreation: true, PublicTokenMinting: true,
					TokenLifetime: metav1.Duration{Duration: 90 * time.Minute},
				}
				spec.Drain.WindowSeconds = &window
			},
			want: func(want *config.Config) {
				want.Shards = 64
				want.Features = config.Features{GuestSessions: true, PublicUserCreation: true, PublicTokenMinting: true}
				want.TokenLifetime = config.Duration{Duration: 90 * time.Minute}
				want.DrainWindow = config.Duration{}
			},
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			project := smallestProject()
			want := config.Defaults()
			want.Project = config.Project{UID: "project-uid", Name: "demo"}
			want.Store.DSNFile = "/etc/parley/postgres/uri"
			want.Bus.URLFile = "/etc/parley/redis/uri"
			want.KeysetFile = "/etc/parley/keyset/keyset.json"
			want.SigningKeysFile = "/etc/parley/signing-keys/signing-keys.json"
			if test.change != nil {
				test.change(&project.Spec)
				test.want(&want)
			}
			encoded, err := resources.Settings(project)
			if err != nil {
				t.Fatal(err)
			}
			got, err := config.Decode(encoded)
			if err != nil {
				t.Fatal(err)
			}
			if difference := cmp.Diff(want, got); difference != "" {
				t.Error(difference)
			}
		})
	}
}
