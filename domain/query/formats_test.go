package query

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "query.Vocabulary", formats.Payload[Vocabulary]())
	formats.Map(t, "query.Predicate", formats.Payload[Predicate]())
	formats.Map(t, "query.Query", formats.Payload[Query]())
	formats.Map(t, "query.Result", formats.Payload[Result]())
	formats.Map(t, "query.Value", formats.Payload[Value]())
}
