package native

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

// listResponse is one part of a list. Next is absent at its end.
type listResponse[T any] struct {
	Items []T    `json:"items"`
	Total int64  `json:"total"` // of the whole list
	Next  string `json:"next,omitempty"`
}

// newListResponse finds the next cursor in the last item.
func newListResponse[T any](items []T, total int64, page model.ListPage, place func(T) model.ListCursor) listResponse[T] {
	response := listResponse[T]{Items: items, Total: total}
	if len(items) == 0 {
		response.Items = []T{}
	} else if len(items) == page.Limit {
		response.Next = encodeListCursor(place(items[len(items)-1]))
	}
	return response
}

// listPage reads limit and at most one of cursor, offset and page, which counts
// from 1. Without a limit the project's default is meant, which is in the page.
func (a *API) listPage(c *gin.Context) (model.ListPage, error) {
	page := model.ListPage{Limit: a.Chat.Limits.PageSize}
	given := 0
	for _, name := range []string{"cursor", "offset", "page"} {
		if c.Query(name) != "" {
			given++
		}
	}
	if given > 1 {
		return page, model.Invalid("cursor", "give at most one of cursor, offset and page")
	}
	number := 1
	for name, into := range map[string]*int{"limit": &page.Limit, "offset": &page.Offset, "page": &number} {
		if err := queryNumber(c, name, into); err != nil {
			return page, err
		}
	}
	if number < 1 {
		return page, model.Invalid("page", "counts from 1")
	}
	if number > 1 {
		page.Offset = (number - 1) * page.Limit
	}
	if text := c.Query("cursor"); text != "" {
		var ok bool
		if page.After, ok = decodeListCursor(text); !ok {
			return page, model.Invalid("cursor", "is not one that this API gave out")
		}
	}
	return page, a.Chat.CheckPage(page)
}

// queryNumber leaves the value alone when the parameter is absent.
func queryNumber(c *gin.Context, name string, into *int) error {
	text := c.Query(name)
	if text == "" {
		return nil
	}
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil || number < 0 {
		return model.Invalid(name, "must be a whole number, not below 0")
	}
	*into = int(number)
	return nil
}

// queryFlag gives nil when the parameter is absent.
func queryFlag(c *gin.Context, name string) (*bool, error) {
	switch c.Query(name) {
	case "":
		return nil, nil
	case "true":
		return new(true), nil
	case "false":
		return new(false), nil
	}
	return nil, model.Invalid(name, "must be true or false")
}

// queryTime gives the zero time when the parameter is absent.
func queryTime(c *gin.Context, name string) (time.Time, error) {
	text := c.Query(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, model.Invalid(name, "must be a time such as 2026-01-31T12:00:00Z")
	}
	return at, nil
}

// queryID gives 0 when the parameter is absent.
func queryID[ID ~int64](c *gin.Context, name string) (ID, error) {
	text := c.Query(name)
	if text == "" {
		return 0, nil
	}
	id, ok := model.ParseID(text)
	if !ok {
		return 0, model.Invalid(name, "must be an id")
	}
	return ID(id), nil
}

// queryList reads a parameter that may stand several times, and hold several
// values with commas between them.
func queryList(c *gin.Context, name string) []string {
	var list []string
	for _, text := range c.QueryArray(name) {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

// encodedListCursor is what a list cursor says; clients do not look inside.
type encodedListCursor struct {
	Key int64 `json:"k,omitempty"`
	ID  int64 `json:"i"`
}

func encodeListCursor(cursor model.ListCursor) string {
	encoded, err := json.Marshal(encodedListCursor(cursor))
	if err != nil {
		panic(err) // numbers always encode
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func decodeListCursor(text string) (model.ListCursor, bool) {
	encoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return model.ListCursor{}, false
	}
	var cursor encodedListCursor
	if err := decodeJSON("cursor", encoded, &cursor); err != nil {
		return model.ListCursor{}, false
	}
	return model.ListCursor(cursor), cursor.ID > 0
}
