package conditions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/controllers/conditions"
)

func TestConditions(t *testing.T) {
	found := conditions.Dependency{Field: "spec.redis.secretRef", Secret: "redis", Key: "uri", SecretFound: true, KeyFound: true}
	noKey, noSecret := found, found
	noKey.KeyFound = false
	noSecret.SecretFound = false
	key := conditions.Key{Project: "demo", ProjectFound: true, Secret: "web", InKeyset: true}
	changed := func(change func(*conditions.Key)) conditions.Key {
		result := key
		change(&result)
		return result
	}
	cases := []struct {
		name    string
		got     metav1.Condition
		status  metav1.ConditionStatus
		reason  string
		message string
	}{
		{"accepted", conditions.Accepted(conditions.Acceptance{}), "True", "Accepted", "the spec can be carried out"},
		{"conflicts in order, once each", conditions.Accepted(conditions.Acceptance{Conflicts: []string{"Service b", "Secret a", "Secret a"}, ImageMissing: true}),
			"False", "NameConflict", "Secret a; Service b: taken by somebody else; delete it or choose another name"},
		{"many conflicts", conditions.Accepted(conditions.Acceptance{Conflicts: []string{"a", "b", "c", "d", "e"}}),
			"False", "NameConflict", "a; b; c; and 2 more: taken by somebody else; delete it or choose another name"},
		{"no image", conditions.Accepted(conditions.Acceptance{ImageMissing: true}),
			"False", "ImageMissing", "no image: set spec.image, or start the operator with --chatserver-image"},
		{"refused", conditions.Accepted(conditions.Acceptance{Refusals: []string{"Deployment a: no"}}), "False", "Refused", "the cluster refused Deployment a: no"},
		{"dependencies", conditions.DependenciesReady([]conditions.Dependency{found}), "True", "DependenciesFound", "every Secret that the spec names is there"},
		{"no Secret", conditions.DependenciesReady([]conditions.Dependency{found, noSecret}),
			"False", "SecretNotFound", `spec.redis.secretRef: there is no Secret "redis" in this namespace`},
		{"no key", conditions.DependenciesReady([]conditions.Dependency{noKey}),
			"False", "KeyNotFound", `spec.redis.secretRef: Secret "redis" has nothing under the key "uri"`},
		{"synced", conditions.KeysSynced(conditions.KeysSync{Ready: 2, Synced: 2}), "True", "KeysSynced", "every ready pod holds the present keyset"},
		{"not synced", conditions.KeysSynced(conditions.KeysSync{Ready: 2, Synced: 1}), "False", "KeysPending", "1 of 2 ready pods hold the present keyset"},
		{"available", conditions.ShardsAvailable([]conditions.Shard{{Wanted: 2, Available: 3, Observed: true}}), "True", "ShardsAvailable", "every shard has all of its pods"},
		{"not available", conditions.ShardsAvailable([]conditions.Shard{{Wanted: 1, Available: 1, Observed: true}, {Wanted: 2, Available: 1, Observed: true}}),
			"False", "ShardsPending", "shard 1 has 1 of 2 pods"},
		{"not observed", conditions.ShardsAvailable([]conditions.Shard{{Wanted: 1, Available: 1}}), "False", "ShardsPending", "shard 0 is being changed"},
		{"key", conditions.ApiKeyReady(key), "True", "KeyIssued", "the project's keyset holds the key"},
		{"key without project", conditions.ApiKeyReady(changed(func(k *conditions.Key) { k.ProjectFound = false })),
			"False", "ProjectNotFound", `there is no ChatProject "demo" in this namespace`},
		{"key without Secret", conditions.ApiKeyReady(changed(func(k *conditions.Key) { k.SecretTaken = true })),
			"False", "NameConflict", "Secret web exists already and belongs to somebody else: delete it, or make an ApiKey with another secretName"},
		{"key refused", conditions.ApiKeyReady(changed(func(k *conditions.Key) { k.Refused, k.InKeyset = true, false })),
			"False", "Refused", "the cluster refused the key's new value: delete Secret web if it is immutable"},
		{"key disabled", conditions.ApiKeyReady(changed(func(k *conditions.Key) { k.Disabled, k.InKeyset = true, false })),
			"False", "KeyDisabled", "the key is disabled by spec.disabled"},
		{"key expired", conditions.ApiKeyReady(changed(func(k *conditions.Key) { k.Expired, k.InKeyset = true, false })),
			"False", "KeyExpired", "the time of spec.expiresAt is over"},
		{"key pending", conditions.ApiKeyReady(changed(func(k *conditions.Key) { k.InKeyset = false })),
			"False", "KeyPending", "the key has not reached the project's keyset yet"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			want := metav1.Condition{Type: test.got.Type, Status: test.status, Reason: test.reason, Message: test.message}
			if difference := cmp.Diff(want, test.got); difference != "" {
				t.Error(difference)
			}
		})
	}
}

func TestProjectReadyTakesTheFirstReason(t *testing.T) {
	ready := metav1.Condition{Type: "A", Status: metav1.ConditionTrue, Reason: "Fine"}
	first := metav1.Condition{Type: "B", Status: metav1.ConditionUnknown, Reason: "Unknown", Message: "first"}
	second := metav1.Condition{Type: "C", Status: metav1.ConditionFalse, Reason: "Broken", Message: "second"}
	got := conditions.ProjectReady(ready, first, second)
	if got.Status != metav1.ConditionFalse || got.Reason != "Unknown" || got.Message != "first" {
		t.Errorf("got %+v", got)
	}
	if got := conditions.ProjectReady(ready, ready); got.Status != metav1.ConditionTrue {
		t.Errorf("got %+v", got)
	}
}

func TestUnansweredKeepsWhatIsKnownOfThisGeneration(t *testing.T) {
	known := metav1.Condition{Type: "A", Status: metav1.ConditionTrue, Reason: "Fine", ObservedGeneration: 3}
	if got := conditions.Unanswered([]metav1.Condition{known}, "A", 3); got != known {
		t.Errorf("got %+v", got)
	}
	if got := conditions.Unanswered([]metav1.Condition{known}, "A", 4); got.Status != metav1.ConditionUnknown {
		t.Errorf("got %+v", got)
	}
}
