package chat

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
)

// MaxAttachmentURLLength and MaxContentTypeLength bound fields of attachments, in
// characters.
const (
	MaxAttachmentURLLength = 2048
	MaxContentTypeLength   = 128
)

// attachments checks the files of a message of the type.
func (f *fields) attachments(of model.MessageType, attachments []model.Attachment) {
	const field = "attachments"
	switch {
	case !of.HasFiles() && len(attachments) > 0:
		f.add(model.Invalid(field, "go with the types file and system_file only"))
		return
	case of.HasFiles() && (len(attachments) == 0 || len(attachments) > f.limits.AttachmentsPerMessage):
		f.add(model.Invalid(field, "must be 1 to %d", f.limits.AttachmentsPerMessage))
		return
	}
	for i, attachment := range attachments {
		f.attachment(fmt.Sprintf("%s.%d", field, i), attachment)
	}
}

func (f *fields) attachment(field string, attachment model.Attachment) {
	f.text(field+".url", attachment.URL, MaxAttachmentURLLength)
	address, err := url.Parse(attachment.URL)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		f.add(model.Invalid(field+".url", "must be an absolute URL such as https://example.org/photo.jpg"))
	}
	f.name(field+".name", attachment.Name)
	f.text(field+".contentType", attachment.ContentType, MaxContentTypeLength)
	if attachment.Size < 0 || attachment.Size > model.MaxID {
		f.add(model.Invalid(field+".size", "must be 0 to %d bytes", int64(model.MaxID)))
	}
	if len(attachment.Properties) > f.limits.PropertiesBytes {
		f.add(model.TooLarge(field+".properties", f.limits.PropertiesBytes))
	} else if len(attachment.Properties) > 0 && firstByte(attachment.Properties) != '{' {
		f.add(model.Invalid(field+".properties", "must be a JSON object"))
	}
}

// compactAttachments gives properties one form, so that they compare equal.
func compactAttachments(attachments []model.Attachment) []model.Attachment {
	compacted := slices.Clone(attachments)
	for i := range compacted {
		if properties := compacted[i].Properties; len(properties) > 0 {
			compacted[i].Properties = compact(properties)
		}
	}
	return compacted
}
