package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) jobRoutes(routes *gin.RouterGroup) {
	routes.GET("/jobs", a.listJobs)
	routes.GET("/jobs/:job", a.getJob)
}

func (a *API) listJobs(c *gin.Context) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	state := model.JobState(c.Query("state"))
	jobs, total, err := a.Chat.ListJobs(c.Request.Context(), sessionOf(c).Principal, state, page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(jobs, total, page, func(job model.Job) model.ListCursor {
		return model.ListCursor{ID: int64(job.ID)}
	}))
}

func (a *API) getJob(c *gin.Context) {
	// What is no id is the name of no job.
	id, _ := model.ParseID(c.Param("job"))
	job, err := a.Chat.Job(c.Request.Context(), sessionOf(c).Principal, model.JobID(id))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, job)
}
