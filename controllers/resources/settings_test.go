package resources_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

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
					TokenLifetime:   metav1.Duration{Duration: 90 * time.Minute},
					RefreshLifetime: metav1.Duration{Duration: time.Hour}, UserDirectory: true,
					Issuers: []v1alpha1.IssuerSpec{{
						Issuer: "https://login.example.com", JWKSURL: "https://login.example.com/keys", Audience: "chat", UserClaim: "sub",
						DisplayNameClaim: "name", Algorithms: []v1alpha1.IssuerAlgorithm{"ES256"}, CreateUsers: true,
					}},
				}
				spec.Features.Keystrokes = true
				spec.Drain.WindowSeconds = &window
				spec.Limits = everyLimit()
			},
			want: func(want *config.Config) {
				want.Shards = 64
				want.Features = config.Features{
					GuestSessions: true, PublicUserCreation: true, PublicTokenMinting: true, UserDirectory: true, Keystrokes: true,
				}
				want.TokenLifetime = config.Duration{Duration: 90 * time.Minute}
				want.RefreshLifetime = config.Duration{Duration: time.Hour}
				want.Issuers = []config.Issuer{{
					Issuer: "https://login.example.com", JWKSURL: "https://login.example.com/keys", Audience: "chat", UserClaim: "sub",
					DisplayNameClaim: "name", Algorithms: []string{"ES256"}, CreateUsers: true,
				}}
				want.DrainWindow = config.Duration{}
				want.Limits = config.Limits{
					RequestsPerUser: config.Rate{PerSecond: 1, Burst: 2}, RequestsPerProject: config.Rate{PerSecond: 3, Burst: 4},
					SendsPerUser: config.Rate{PerSecond: 5, Burst: 6}, SendsPerProject: config.Rate{PerSecond: 7, Burst: 8},
					FailuresPerAddress: config.Rate{PerSecond: 9, Burst: 10}, ConnectionsPerUser: 11, ConnectionsPerProject: 12,
					BodyBytes: 1024, ContentBytes: 13, PropertiesBytes: 14, NameLength: 15, MembersPerRequest: 16, DirectMembers: 3,
					MembersPerConversation: 17, ConversationsPerUser: 18, ReactionsPerMessage: 19, AttachmentsPerMessage: 20,
					MentionsPerMessage: 21, ReceiptMembers: 22, PageSize: 23, MaxPageSize: 24,
				}
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

// everyLimit sets each limit to a number of its own.
func everyLimit() v1alpha1.LimitsSpec {
	return v1alpha1.LimitsSpec{
		RequestsPerUser: v1alpha1.RateSpec{PerSecond: 1, Burst: 2}, RequestsPerProject: v1alpha1.RateSpec{PerSecond: 3, Burst: 4},
		SendsPerUser: v1alpha1.RateSpec{PerSecond: 5, Burst: 6}, SendsPerProject: v1alpha1.RateSpec{PerSecond: 7, Burst: 8},
		FailuresPerAddress: v1alpha1.RateSpec{PerSecond: 9, Burst: 10}, ConnectionsPerUser: 11, ConnectionsPerProject: 12,
		BodyBytes: 1024, ContentBytes: 13, PropertiesBytes: 14, NameLength: 15, MembersPerRequest: 16, DirectMembers: 3,
		MembersPerConversation: 17, ConversationsPerUser: 18, ReactionsPerMessage: 19, AttachmentsPerMessage: 20,
		MentionsPerMessage: 21, ReceiptMembers: 22, PageSize: 23, MaxPageSize: 24,
	}
}

// The resource refuses what the servers would refuse, and takes what they take.
func TestTheResourceBoundsLimitsAsTheServersDo(t *testing.T) {
	encoded, err := os.ReadFile("../../config/crd/bases/chat.parley.dev_chatprojects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(encoded, &definition); err != nil {
		t.Fatal(err)
	}
	spec := definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	got := make(map[string][2]int)
	for name, limit := range spec.Properties["limits"].Properties {
		if limit.Type == "object" {
			for part, number := range limit.Properties {
				got[name+"."+part] = [2]int{int(*number.Minimum), int(*number.Maximum)}
			}
			continue
		}
		got[name] = [2]int{int(*limit.Minimum), int(*limit.Maximum)}
	}
	if difference := cmp.Diff(config.LimitRanges(), got); difference != "" {
		t.Error(difference)
	}
}
