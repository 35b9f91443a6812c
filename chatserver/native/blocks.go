package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) blockRoutes(routes *gin.RouterGroup) {
	routes.GET("/users/:user/blocks", a.listBlocks)
	routes.PUT("/users/:user/blocks/:blocked", a.block)
	routes.DELETE("/users/:user/blocks/:blocked", a.unblock)
}

func blockedRef(c *gin.Context) model.UserRef { return model.ParseUserRef(c.Param("blocked")) }

func (a *API) block(c *gin.Context) {
	block, created, err := a.Chat.Block(c.Request.Context(), sessionOf(c).Principal, userRef(c), blockedRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(created), block)
}

func (a *API) unblock(c *gin.Context) {
	err := a.Chat.Unblock(c.Request.Context(), sessionOf(c).Principal, userRef(c), blockedRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (a *API) listBlocks(c *gin.Context) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	blocks, total, err := a.Chat.Blocks(c.Request.Context(), sessionOf(c).Principal, userRef(c), page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(blocks, total, page, func(block model.Block) model.ListCursor {
		return model.ListCursor{Key: block.CreatedAt.UnixMicro(), ID: int64(block.Blocked)}
	}))
}
