package chat

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
)

// The limits that are no setting of a project, in characters.
const (
	MaxIdentifierLength = 128  // usernames, external ids, client ids
	MaxEmailLength      = 254  // RFC 5321
	MaxAvatarLength     = 2048 // a URL
	MaxReasonLength     = 1000 // of a ban or a report
)

// fields collects what is wrong with the fields of one request.
type fields struct {
	limits config.Limits
	wrong  []*model.Error
}

func (f *fields) add(err *model.Error) { f.wrong = append(f.wrong, err) }

// name checks a name for people.
func (f *fields) name(field, value string) { f.text(field, value, f.limits.NameLength) }

func (f *fields) text(field, value string, limit int) {
	if utf8.RuneCountInString(value) > limit {
		f.add(model.Invalid(field, "must not be longer than %d characters", limit))
	}
}

// identifier checks a unique name: digits would be taken for an id and a
// prefix for the explicit form, so such names could be taken for other objects.
func (f *fields) identifier(field, value string) {
	f.text(field, value, MaxIdentifierLength)
	if _, isID := model.ParseID(value); isID {
		f.add(model.Invalid(field, "must not look like an id"))
	}
	if model.HasReferencePrefix(value) {
		f.add(model.Invalid(field, "must not begin like an explicit reference"))
	}
}

func (f *fields) properties(value json.RawMessage) {
	const field = "properties"
	if len(value) > f.limits.PropertiesBytes {
		f.add(model.TooLarge(field, f.limits.PropertiesBytes))
		return
	}
	if len(value) > 0 && firstByte(value) != '{' {
		f.add(model.Invalid(field, "must be a JSON object"))
	}
}

func (f *fields) content(field string, value json.RawMessage) {
	switch {
	case len(value) > f.limits.ContentBytes:
		f.add(model.TooLarge(field, f.limits.ContentBytes))
	case len(value) == 0:
		f.add(model.Invalid(field, "is missing: give a string or an object such as {\"text\":\"hi\"}"))
	case firstByte(value) == '{':
		f.objectText(field, value)
	case firstByte(value) != '"':
		f.add(model.Invalid(field, "must be a string or an object such as {\"text\":\"hi\"}"))
	case bytes.Equal(bytes.TrimSpace(value), []byte(`""`)):
		f.add(model.Invalid(field, "must not be empty"))
	}
}

func (f *fields) objectText(field string, value json.RawMessage) {
	if !gjson.ValidBytes(value) {
		f.add(model.Invalid(field, "must be a JSON object"))
		return
	}
	empty, textual := true, true
	gjson.ParseBytes(value).ForEach(func(name, part gjson.Result) bool {
		empty = false
		textual = textual && (name.Str != "text" || part.Type == gjson.String)
		return true
	})
	if !textual {
		f.add(model.Invalid(field+".text", "must be a string"))
	}
	if empty {
		f.add(model.Invalid(field, "must not be empty"))
	}
}

// err sums up: nil when nothing is wrong, else the first error with the fields
// of all.
func (f *fields) err() error {
	if len(f.wrong) == 0 {
		return nil
	}
	sum := *f.wrong[0]
	for _, other := range f.wrong[1:] {
		sum.Fields = append(sum.Fields, other.Fields...)
	}
	return &sum
}

func firstByte(value json.RawMessage) byte {
	if trimmed := bytes.TrimLeft(value, " \t\r\n"); len(trimmed) > 0 {
		return trimmed[0]
	}
	return 0
}

// emptyObject stands for properties that were not given.
var emptyObject = json.RawMessage("{}")

func propertiesOrEmpty(properties json.RawMessage) json.RawMessage {
	if len(properties) == 0 {
		return emptyObject
	}
	return properties
}
