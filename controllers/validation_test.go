package controllers_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/api/v1alpha1"
)

const (
	validProject = `{postgres: {secretRef: {name: postgres}}, redis: {secretRef: {name: redis}}}`
	validKey     = `{projectRef: {name: demo}, type: Public}`
)

type validationCase struct {
	name   string
	object string // metadata.name, "valid" when empty
	change string // merged into a valid spec; null takes a field away
	want   string // part of the message, or empty for a valid spec
}

func TestChatProjectValidation(t *testing.T) {
	duration := "must be a duration such as 30m or 24h, at least 1m and at most 8760h (365 days)"
	cases := []validationCase{
		{name: "valid"},
		{name: "shards at least 1", change: `{shards: 0}`, want: "spec.shards in body should be greater than or equal to 1"},
		{name: "shards at most 64", change: `{shards: 65}`, want: "spec.shards in body should be less than or equal to 64"},
		{name: "64 shards", change: `{shards: 64}`},
		{name: "replicas at least 1", change: `{replicasPerShard: 0}`, want: "should be greater than or equal to 1"},
		{name: "replicas at most 100", change: `{replicasPerShard: 101}`, want: "should be less than or equal to 100"},
		{name: "100 replicas", change: `{replicasPerShard: 100}`},
		{name: "postgres is required", change: `{postgres: null}`, want: "spec.postgres: Required value"},
		{name: "redis is required", change: `{redis: null}`, want: "spec.redis: Required value"},
		{name: "secretRef is required", change: `{redis: {secretRef: null}}`, want: "spec.redis.secretRef: Required value"},
		{name: "secret name is required", change: `{redis: {secretRef: {name: null}}}`, want: "spec.redis.secretRef.name: Required value"},
		{name: "secret name is not empty", change: `{redis: {secretRef: {name: ""}}}`, want: "should be at least 1 chars long"},
		{name: "secret name", change: `{redis: {secretRef: {name: Not_A_Name}}}`, want: "must be the name of a Secret"},
		{name: "secret key", change: `{redis: {secretRef: {key: "a/b"}}}`, want: "must be a key of a Secret"},
		{name: "image length", change: `{image: "` + strings.Repeat("a", 513) + `"}`, want: "may not be more than 512"},
		{name: "token lifetime is a duration", change: `{auth: {tokenLifetime: "1 day"}}`, want: duration},
		{name: "token lifetime in days", change: `{auth: {tokenLifetime: 7d}}`, want: duration},
		{name: "token lifetime below", change: `{auth: {tokenLifetime: 59s}}`, want: duration},
		{name: "token lifetime above", change: `{auth: {tokenLifetime: 8761h}}`, want: duration},
		{name: "token lifetime negative", change: `{auth: {tokenLifetime: -24h}}`, want: duration},
		{name: "token lifetime of a minute", change: `{auth: {tokenLifetime: 1m}}`},
		{name: "token lifetime of a year", change: `{auth: {tokenLifetime: 8760h}}`},
		{name: "token lifetime in parts", change: `{auth: {tokenLifetime: 1h30m}}`},
		{name: "drain window below", change: `{drain: {windowSeconds: -1}}`, want: "should be greater than or equal to 0"},
		{name: "drain window above", change: `{drain: {windowSeconds: 601}}`, want: "should be less than or equal to 600"},
		{name: "no drain window", change: `{drain: {windowSeconds: 0}}`},
		{name: "resources", change: `{pod: {resources: {limits: {memory: 256Mi, cpu: 1}}}}`},
		{name: "resource quantity", change: `{pod: {resources: {limits: {memory: lots}}}}`, want: "spec.pod.resources.limits.memory"},
		{name: "name of 40", object: strings.Repeat("a", 40)},
		{name: "name of 41", object: strings.Repeat("a", 41), want: "metadata.name must have at most 40 characters"},
		{name: "name with a dot", object: "a.b", want: "metadata.name must be a DNS label"},
		{name: "name with a digit first", object: "1a", want: "metadata.name must be a DNS label"},
		{name: "unknown field", change: `{replicas: 2}`, want: `unknown field "spec.replicas"`},
		{name: "unknown field of the pod", change: `{pod: {template: {}}}`, want: `unknown field "spec.pod.template"`},
	}
	checkValidation(t, v1alpha1.ChatProjectKind, validProject, cases)
}

func TestApiKeyValidation(t *testing.T) {
	origin := "must be an origin such as https://app.example.com"
	cases := []validationCase{
		{name: "valid"},
		{name: "type is required", change: `{type: null}`, want: "spec.type: Required value"},
		{name: "type is one of two", change: `{type: Private}`, want: `Unsupported value: "Private": supported values: "Secret", "Public"`},
		{name: "project is required", change: `{projectRef: null}`, want: "spec.projectRef: Required value"},
		{name: "project name is required", change: `{projectRef: {name: ""}}`, want: "should be at least 1 chars long"},
		{name: "project name length", change: `{projectRef: {name: "` + strings.Repeat("a", 41) + `"}}`, want: "may not be more than 40"},
		{name: "origins", change: `{allowedOrigins: ["https://a.example", "http://localhost:3000", "http://[::1]:3000", "capacitor://localhost"]}`},
		{name: "origins of a secret key", change: `{type: Secret, allowedOrigins: ["https://a.example"]}`, want: "allowedOrigins is for keys of type Public only"},
		{name: "origin with a path", change: `{allowedOrigins: ["https://a.example/"]}`, want: origin},
		{name: "origin without a scheme", change: `{allowedOrigins: ["a.example"]}`, want: origin},
		{name: "origin with a user", change: `{allowedOrigins: ["https://u@a.example"]}`, want: origin},
		{name: "origin in upper case", change: `{allowedOrigins: ["https://A.example"]}`, want: origin},
		{name: "origin with a star", change: `{allowedOrigins: ["https://*.example"]}`, want: origin},
		{name: "origin with the scheme's port", change: `{allowedOrigins: ["https://a.example:443"]}`, want: "must leave out the port that the scheme implies"},
		{name: "origin with another port", change: `{allowedOrigins: ["http://a.example:443"]}`},
		{name: "origin twice", change: `{allowedOrigins: ["https://a.example", "https://a.example"]}`, want: "Duplicate value"},
		{name: "secret name", change: `{secretName: "A b"}`, want: "must be the name of a Secret"},
		{name: "expiry", change: `{expiresAt: "2030-01-01T00:00:00Z"}`},
		{name: "expiry is a time", change: `{expiresAt: tomorrow}`, want: "spec.expiresAt"},
		{name: "unknown field", change: `{scopes: [admin]}`, want: `unknown field "spec.scopes"`},
	}
	checkValidation(t, v1alpha1.ApiKeyKind, validKey, cases)
}

func TestApiKeyImmutableFields(t *testing.T) {
	cases := []struct{ name, before, change, want string }{
		{"type", `{}`, `{type: Secret}`, "type cannot be changed: make another ApiKey instead"},
		{"project", `{}`, `{projectRef: {name: other}}`, "projectRef.name cannot be changed: make another ApiKey instead"},
		{"secret name changed", `{secretName: a}`, `{secretName: b}`, "secretName cannot be changed: make another ApiKey instead"},
		{"secret name added", `{}`, `{secretName: b}`, "secretName cannot be changed: make another ApiKey instead"},
		{"secret name taken away", `{secretName: a}`, `{secretName: null}`, "secretName cannot be changed: make another ApiKey instead"},
		{"disabled may change", `{}`, `{disabled: true}`, ""},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			h := newHarness(t)
			object := h.object(v1alpha1.ApiKeyKind, "", validKey, test.before)
			h.create(object)
			h.merge(object, test.change)
			expectAnswer(t, h.client.Update(h.ctx, object), test.want)
		})
	}
}

// What a closed schema does not know is dropped where the client does not ask
// for strictness.
func TestUnknownFieldsArePruned(t *testing.T) {
	h := newHarness(t)
	object := h.object(v1alpha1.ChatProjectKind, "", validProject, `{podTemplate: {privileged: true}}`)
	h.create(object)
	_, kept, err := unstructured.NestedFieldNoCopy(object.Object, "spec", "podTemplate")
	h.Expect(err).NotTo(HaveOccurred())
	h.Expect(kept).To(BeFalse())
}

func TestChatProjectDefaults(t *testing.T) {
	h := newHarness(t)
	h.create(h.object(v1alpha1.ChatProjectKind, "demo", validProject, `{}`))
	spec := h.project("demo").Spec
	h.Expect(spec.Shards).To(BeEquivalentTo(1))
	h.Expect(spec.ReplicasPerShard).To(BeEquivalentTo(2))
	h.Expect(spec.Postgres.SecretRef.Key).To(Equal("uri"))
	h.Expect(spec.Auth.GuestSessions || spec.Auth.PublicUserCreation || spec.Auth.PublicTokenMinting).To(BeFalse())
	h.Expect(spec.Auth.TokenLifetime.Hours()).To(BeEquivalentTo(24))
	h.Expect(*spec.Drain.WindowSeconds).To(BeEquivalentTo(20))
}

func checkValidation(t *testing.T, kind, valid string, cases []validationCase) {
	t.Helper()
	h := newHarness(t)
	strict := client.WithFieldValidation(h.client, client.FieldValidation(metav1.FieldValidationStrict))
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			object := h.object(kind, test.object, valid, test.change)
			err := strict.Create(context.Background(), object)
			expectAnswer(t, err, test.want)
			if err == nil {
				NewWithT(t).Expect(h.client.Delete(h.ctx, object)).To(Succeed())
			}
		})
	}
}

func expectAnswer(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return
	}
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring(want)))
}

func (h *harness) object(kind, name, spec, change string) *unstructured.Unstructured {
	h.t.Helper()
	if name == "" {
		name = "valid"
	}
	object := &unstructured.Unstructured{Object: map[string]any{"spec": h.parse(spec)}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind(kind))
	object.SetNamespace(h.namespace)
	object.SetName(name)
	h.merge(object, change)
	return object
}

func (h *harness) merge(object *unstructured.Unstructured, change string) {
	h.t.Helper()
	mergeInto(object.Object["spec"].(map[string]any), h.parse(change))
}

func mergeInto(target, change map[string]any) {
	for name, value := range change {
		nested, isMap := value.(map[string]any)
		existing, both := target[name].(map[string]any)
		switch {
		case value == nil:
			delete(target, name)
		case isMap && both:
			mergeInto(existing, nested)
		default:
			target[name] = value
		}
	}
}

func (h *harness) parse(text string) map[string]any {
	h.t.Helper()
	if text == "" {
		return nil
	}
	encoded, err := yaml.YAMLToJSON([]byte(text))
	h.Expect(err).NotTo(HaveOccurred())
	var result map[string]any
	h.Expect(json.Unmarshal(encoded, &result)).To(Succeed())
	return wholeNumbers(result).(map[string]any)
}

// wholeNumbers undoes that encoding/json knows only floating point numbers, which
// unstructured objects refuse.
func wholeNumbers(value any) any {
	switch typed := value.(type) {
	case float64:
		return int64(typed)
	case map[string]any:
		for name := range typed {
			typed[name] = wholeNumbers(typed[name])
		}
	case []any:
		for i := range typed {
			typed[i] = wholeNumbers(typed[i])
		}
	}
	return value
}
