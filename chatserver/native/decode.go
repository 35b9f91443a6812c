package native

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

// decodeBody reads the body of a request into a value. An empty body stands for
// an empty object.
func decodeBody(c *gin.Context, into any) error {
	body, err := io.ReadAll(c.Request.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return model.TooLarge("body", int(tooLarge.Limit))
	}
	if err != nil {
		return model.Invalid("body", "could not be read")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	return decodeJSON("body", body, into)
}

// decodeJSON reads one JSON object and refuses what it does not know. NUL and
// invalid UTF-8 stop here: no store could keep them.
func decodeJSON(field string, encoded []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	return decodeOne(decoder, field, encoded, into)
}

// decodePart is decodeJSON that passes over the fields which the value lacks.
func decodePart(field string, encoded []byte, into any) error {
	return decodeOne(json.NewDecoder(bytes.NewReader(encoded)), field, encoded, into)
}

func decodeOne(decoder *json.Decoder, field string, encoded []byte, into any) error {
	if !utf8.Valid(encoded) {
		return model.Invalid(field, "is not valid UTF-8")
	}
	if holdsNUL(encoded) {
		return model.Invalid(field, "holds the character NUL, which no text may")
	}
	if err := decoder.Decode(into); err != nil {
		return explain(field, err)
	}
	// Not More: it takes a closing bracket for the end.
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return model.Invalid(field, "holds more than one JSON value")
	}
	return nil
}

// checkText stops in the path, the query and the headers what decodeJSON stops in
// a body.
func checkText(field, text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return model.Invalid(field, "must be valid UTF-8 without the character NUL")
	}
	return nil
}

// explain says in the terms of the API what the decoder did not like.
func explain(field string, err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		name := wrongType.Field
		if name == "" {
			name = field
		}
		return model.Invalid(name, "must be %s, not %s", typeName(wrongType), wrongType.Value)
	case errors.As(err, &syntax):
		return model.Invalid(field, "is not JSON: %s at byte %d", syntax.Error(), syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return model.Invalid(field, "is not JSON: it ends too early")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return model.Invalid(strings.Trim(name, `"`), "is not a field of this request")
	}
	return model.Invalid(field, "is not what this request takes: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func typeName(err *json.UnmarshalTypeError) string {
	switch kind := err.Type.Kind().String(); kind {
	case "struct", "map":
		return "an object"
	case "slice", "array":
		return "a list"
	case "bool":
		return "true or false"
	case "string":
		return "a string"
	case "int64", "int":
		return "a whole number"
	default:
		return fmt.Sprintf("a %s", kind)
	}
}

// holdsNUL finds a NUL as a byte or as the escape \u0000.
func holdsNUL(encoded []byte) bool {
	if bytes.IndexByte(encoded, 0) >= 0 {
		return true
	}
	for rest := encoded; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 || i+1 >= len(rest) {
			return false
		}
		if bytes.HasPrefix(rest[i+1:], []byte("u0000")) {
			return true
		}
		// Skip the escaped character: a backslash there starts no escape.
		rest = rest[i+2:]
	}
}
