package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) listConversations(c *gin.Context) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	in, err := conversationSelection(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	views, total, err := a.Chat.ListConversations(c.Request.Context(), sessionOf(c).Principal, in, page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(views, total, page, func(view model.ConversationView) model.ListCursor {
		return model.ListCursor{Key: view.ActivityAt.UnixMicro(), ID: int64(view.ID)}
	}))
}

// conversationSelection reads what the query says of the list.
func conversationSelection(c *gin.Context) (chat.ListConversations, error) {
	in := chat.ListConversations{
		Of: optionalUser(c.Query("user")), CreatedBy: optionalUser(c.Query("createdBy")), With: queryUsers(c, "with"),
		Status: model.ConversationStatus(c.Query("status")), Search: c.Query("search"), Name: c.Query("name"),
	}
	for _, each := range queryList(c, "type") {
		in.Types = append(in.Types, model.ConversationType(each))
	}
	for name, into := range map[string]**bool{"unread": &in.Unread, "hidden": &in.Hidden, "empty": &in.Empty} {
		flag, err := queryFlag(c, name)
		if err != nil {
			return in, err
		}
		*into = flag
	}
	for name, into := range map[string]*bool{"all": &in.All, "joinable": &in.Joinable, "only": &in.Only} {
		flag, err := queryFlag(c, name)
		if err != nil {
			return in, err
		}
		*into = flag != nil && *flag
	}
	var err error
	if in.Since, err = queryTime(c, "since"); err != nil {
		return in, err
	}
	in.Until, err = queryTime(c, "until")
	return in, err
}

// queryUsers reads a list of users.
func queryUsers(c *gin.Context, name string) []model.UserRef {
	var refs []model.UserRef
	for _, text := range queryList(c, name) {
		refs = append(refs, model.ParseUserRef(text))
	}
	return refs
}
