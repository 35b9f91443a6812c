package native

import (
	_ "embed"
	"io"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/placement"
	"github.com/parley-chat/parley/chatserver/tracing"
)

//go:embed openapi.yaml
var openAPI []byte

//go:embed asyncapi.yaml
var asyncAPI []byte

// Dependencies are what the API stands on.
type Dependencies struct {
	Chat          *chat.Chat
	Hub           *hub.Hub
	Authenticator *auth.Authenticator
	Failures      FailureLimiter
	Shards        int // of the project
	MaxBodyBytes  int // of a request, and of a WebSocket message
	Random        io.Reader
	Tracer        *tracing.Tracer // nil: nothing is traced
	Logger        *slog.Logger
}

// API serves the native API.
type API struct {
	Dependencies
	wire wire
}

// Handler returns the routes of the API.
func Handler(dependencies Dependencies) http.Handler {
	api := &API{Dependencies: dependencies}
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.UseRawPath = true
	engine.Use(api.requestID)
	if api.Tracer != nil {
		engine.Use(api.trace)
	}
	engine.Use(api.recover, crossOrigin, api.limitBody)
	engine.NoRoute(func(c *gin.Context) { api.fail(c, errNoRoute) })
	engine.NoMethod(func(c *gin.Context) { api.fail(c, errNoMethod) })

	root := engine.Group("/chat/v1")
	root.GET("/openapi.yaml", document(openAPI))
	root.GET("/asyncapi.yaml", document(asyncAPI))

	api.openSessionRoutes(root)
	routes := root.Group("", api.authenticate, api.limitRequests, api.checkReferences)
	api.sessionRoutes(routes)
	api.userRoutes(routes)
	api.secretRoutes(routes)
	api.jobRoutes(routes)
	api.auditRoutes(routes)
	api.conversationRoutes(routes)
	api.memberRoutes(routes)
	api.banRoutes(routes)
	api.inviteRoutes(routes)
	api.messageRoutes(routes)
	api.ownRoutes(routes)
	api.receiptRoutes(routes)
	api.unreadRoutes(routes)
	api.blockRoutes(routes)
	api.reactionRoutes(routes)
	api.reportRoutes(routes)
	api.presenceRoutes(routes)
	routes.GET("/connect", api.connect)
	routes.GET("/ws", api.openSocket)
	engine.GET("/s/:shard/chat/v1/ws", api.authenticate, api.limitRequests, api.openSocket)
	return engine
}

// document serves a description of the API; it needs no credentials.
func document(content []byte) gin.HandlerFunc {
	return func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", content) }
}

// connect answers where to open the WebSocket: on the home shard of the
// conversation that matters most to the client, or else of its user.
func (a *API) connect(c *gin.Context) {
	principal := sessionOf(c).Principal
	key := principal.User.String()
	if reference := c.Query("conversation"); reference != "" {
		conversation, err := a.Chat.Conversation(c.Request.Context(), principal, model.ParseConversationRef(reference))
		if err != nil {
			a.fail(c, err)
			return
		}
		key = conversation.ID.String()
	}
	home := placement.Home(key, placement.All(a.Shards))
	c.PureJSON(http.StatusOK, connectResponse{URL: shardSocketPath(home), Shard: home})
}

type connectResponse struct {
	URL   string `json:"url"` // a path on the same host
	Shard int    `json:"shard"`
}

func conversationRef(c *gin.Context) model.ConversationRef {
	return model.ParseConversationRef(c.Param("conversation"))
}
