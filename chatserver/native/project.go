package native

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// projectResponse is what a client needs to know before it asks for anything
// else.
type projectResponse struct {
	Name     string          `json:"name"`
	Features projectFeatures `json:"features"`
	Limits   projectLimits   `json:"limits"`
}

type projectFeatures struct {
	GuestSessions      bool `json:"guestSessions"`
	PublicUserCreation bool `json:"publicUserCreation"`
	PublicTokenMinting bool `json:"publicTokenMinting"`
	UserDirectory      bool `json:"userDirectory"`
	Keystrokes         bool `json:"keystrokes"`
}

// projectLimits are those that decide what a request may look like.
type projectLimits struct {
	BodyBytes              int `json:"bodyBytes"`
	ContentBytes           int `json:"contentBytes"`
	PropertiesBytes        int `json:"propertiesBytes"`
	NameLength             int `json:"nameLength"`
	MembersPerRequest      int `json:"membersPerRequest"`
	DirectMembers          int `json:"directMembers"`
	MembersPerConversation int `json:"membersPerConversation"`
	ConversationsPerUser   int `json:"conversationsPerUser"`
	AttachmentsPerMessage  int `json:"attachmentsPerMessage"`
	MentionsPerMessage     int `json:"mentionsPerMessage"`
	ReactionsPerMessage    int `json:"reactionsPerMessage"`
	ReceiptMembers         int `json:"receiptMembers"`
	PageSize               int `json:"pageSize"`
	MaxPageSize            int `json:"maxPageSize"`
}

func (a *API) project(c *gin.Context) {
	project := a.Chat.Project()
	limits := project.Limits
	c.PureJSON(http.StatusOK, projectResponse{
		Name:     project.Name,
		Features: projectFeatures(project.Features),
		Limits: projectLimits{
			BodyBytes: limits.BodyBytes, ContentBytes: limits.ContentBytes, PropertiesBytes: limits.PropertiesBytes,
			NameLength: limits.NameLength, MembersPerRequest: limits.MembersPerRequest, DirectMembers: limits.DirectMembers,
			MembersPerConversation: limits.MembersPerConversation, ConversationsPerUser: limits.ConversationsPerUser,
			AttachmentsPerMessage: limits.AttachmentsPerMessage, MentionsPerMessage: limits.MentionsPerMessage,
			ReactionsPerMessage: limits.ReactionsPerMessage, ReceiptMembers: limits.ReceiptMembers,
			PageSize: limits.PageSize, MaxPageSize: limits.MaxPageSize,
		},
	})
}
