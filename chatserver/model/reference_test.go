package model_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/chatserver/model"
)

// The seeds are in testdata/fuzz.
func FuzzParseUserRef(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		ref := model.ParseUserRef(text)
		// Written explicitly, it is the same reference: nothing is lost or changed.
		var explicit string
		set := 0
		if ref.ID != 0 {
			set, explicit = set+1, ref.ID.String()
		}
		if ref.ExternalID != "" {
			set, explicit = set+1, "external:"+ref.ExternalID
		}
		if ref.Username != "" {
			set, explicit = set+1, "username:"+ref.Username
		}
		if text == "" || text == "external:" || text == "username:" {
			if set != 0 {
				t.Errorf("%q names %+v", text, ref)
			}
			return
		}
		if set != 1 {
			t.Fatalf("%q names a user by %d attributes: %+v", text, set, ref)
		}
		if again := model.ParseUserRef(explicit); again != ref {
			t.Errorf("%q is %+v, and as %q it is %+v", text, ref, explicit, again)
		}
		if !strings.HasSuffix(explicit, text) && !strings.HasSuffix(text, strings.TrimPrefix(explicit, "external:")) {
			t.Errorf("%q is read as %q", text, explicit)
		}
		if other := model.ParseConversationRef(text); ref.Username == "" && (int64(other.ID) != int64(ref.ID) || other.ExternalID != ref.ExternalID) {
			t.Errorf("%q is %+v for a user and %+v for a conversation", text, ref, other)
		}
	})
}
