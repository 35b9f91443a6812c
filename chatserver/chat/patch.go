package chat

import (
	"encoding/json"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// Patch is one field of a JSON merge patch (RFC 7396). When it is absent the
// present value stays; null stands for the zero value.
type Patch[T any] struct {
	Given bool
	Value T
}

// Set is a patch that gives a field the value.
func Set[T any](value T) Patch[T] { return Patch[T]{Given: true, Value: value} }

// UnmarshalJSON reads a field that stands in the patch.
func (p *Patch[T]) UnmarshalJSON(encoded []byte) error {
	p.Given = true
	return json.Unmarshal(encoded, &p.Value)
}

// apply changes the field if the patch gives it.
func (p Patch[T]) apply(into *T) {
	if p.Given {
		*into = p.Value
	}
}

// checkVersion refuses a change of an object that is not in the version that the
// caller saw. Version 0 stands for any.
func checkVersion(seen, present int64) error {
	if seen != 0 && seen != present {
		return model.ErrVersionChanged
	}
	return nil
}

// propertiesPatch checks a merge patch of properties as it comes in; what it
// results in is checked by mergeProperties.
func (f *fields) propertiesPatch(patch json.RawMessage) {
	if isNull(patch) {
		return
	}
	f.properties(patch)
}

// mergeProperties applies a merge patch (RFC 7396) to properties: a key with
// null is deleted, null alone deletes all, and nil changes nothing. A result over
// the limit, in bytes, is refused.
func mergeProperties(present, patch json.RawMessage, limit int) (json.RawMessage, error) {
	switch {
	case patch == nil:
		return present, nil
	case isNull(patch):
		return emptyObject, nil
	}
	merged, err := jsonpatch.MergePatch(propertiesOrEmpty(present), patch)
	if err != nil {
		return nil, model.Invalid("properties", "must be a JSON object")
	}
	if len(merged) > limit {
		return nil, model.TooLarge("properties", limit)
	}
	return merged, nil
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }
