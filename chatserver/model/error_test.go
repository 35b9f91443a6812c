package model_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

func TestErrorsWithOneCodeAreEqual(t *testing.T) {
	g := NewWithT(t)
	g.Expect(errors.Is(model.Invalid("name", "is too long"), model.Invalid("id", "is missing"))).To(BeTrue())
	g.Expect(errors.Is(&model.Error{Code: "user_not_found"}, model.ErrUserNotFound)).To(BeTrue())
	g.Expect(errors.Is(model.ErrUserNotFound, model.ErrMessageNotFound)).To(BeFalse())
	g.Expect(errors.Is(model.ErrUserNotFound, io.EOF)).To(BeFalse())
	g.Expect(errors.Is(fmt.Errorf("load: %w", model.ErrUserNotFound), model.ErrUserNotFound)).To(BeTrue())
}

func TestACauseIsWrappedByACopy(t *testing.T) {
	g := NewWithT(t)
	wrapped := model.ErrUnavailable.Because(io.EOF)
	g.Expect(wrapped).To(MatchError(model.ErrUnavailable))
	g.Expect(wrapped).To(MatchError(io.EOF))
	g.Expect(wrapped.Error()).To(Equal("unavailable: the server cannot do this right now; try again: EOF"))
	g.Expect(model.ErrUnavailable.Unwrap()).To(Succeed(), "the named error is shared and stays as it is")
	g.Expect(model.ErrUnavailable.Error()).To(Equal("unavailable: the server cannot do this right now; try again"))
}

func TestWhenToTryAgainIsSaidByACopy(t *testing.T) {
	g := NewWithT(t)
	delayed := model.ErrRateLimited.After(time.Minute)
	g.Expect(delayed).To(MatchError(model.ErrRateLimited))
	g.Expect(delayed.RetryAfter).To(Equal(time.Minute))
	g.Expect(model.ErrRateLimited.RetryAfter).To(BeZero(), "the named error is shared and stays as it is")
}

func TestAnErrorForTheCallerIsFoundInAChain(t *testing.T) {
	g := NewWithT(t)
	g.Expect(model.AsError(model.ErrUserExists)).To(BeIdenticalTo(model.ErrUserExists))
	g.Expect(model.AsError(fmt.Errorf("create: %w", model.ErrUserExists))).To(BeIdenticalTo(model.ErrUserExists))
	g.Expect(model.AsError(errors.Join(io.EOF, model.ErrUserExists))).To(BeIdenticalTo(model.ErrUserExists))
}

func TestAnUnknownErrorIsInternalAndSaysNothingToTheCaller(t *testing.T) {
	for _, cause := range []error{errors.New("password=hunter2"), context.Canceled, context.DeadlineExceeded} {
		t.Run(cause.Error(), func(t *testing.T) {
			g := NewWithT(t)
			known := model.AsError(fmt.Errorf("query: %w", cause))
			g.Expect(known.Kind).To(Equal(model.KindInternal))
			g.Expect(known.Code).To(Equal("internal"))
			g.Expect(known.Message).NotTo(ContainSubstring(cause.Error()))
			g.Expect(known.Fields).To(BeEmpty())
			g.Expect(known).To(MatchError(cause), "the log still has the cause")
		})
	}
}

func TestAnErrorWithoutAKindIsInternal(t *testing.T) {
	NewWithT(t).Expect((&model.Error{}).Kind).To(Equal(model.KindInternal))
}

func TestARefusalOfAFieldNamesTheField(t *testing.T) {
	g := NewWithT(t)
	invalid := model.Invalid("members.0.role", "must be one of %s", "owner, member")
	g.Expect(invalid.Kind).To(Equal(model.KindInvalid))
	g.Expect(invalid.Error()).To(Equal("invalid_request: members.0.role: must be one of owner, member"))
	g.Expect(invalid.Fields).To(Equal([]model.FieldError{{Field: "members.0.role", Message: "must be one of owner, member"}}))

	large := model.TooLarge("content", 64)
	g.Expect(large.Kind).To(Equal(model.KindTooLarge))
	g.Expect(large.Error()).To(Equal("too_large: content: must not be larger than 64 bytes"))
	g.Expect(large.Fields).To(Equal([]model.FieldError{{Field: "content", Message: "must not be larger than 64 bytes"}}))

	forbidden := model.Forbidden("%s needs a secret key", "X")
	g.Expect(forbidden.Kind).To(Equal(model.KindForbidden))
	g.Expect(forbidden.Error()).To(Equal("permission_denied: X needs a secret key"))
}
