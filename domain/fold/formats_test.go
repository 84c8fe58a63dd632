package fold

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "fold.Newest", formats.State[Newest[string]]())
	formats.Map(t, "fold.Earliest", formats.State[Earliest[string]]())
	formats.Map(t, "fold.SavedWindow", formats.State[SavedWindow[string]]())
	formats.Map(t, "fold.Stamp", formats.State[Stamp]())
	formats.Map(t, "fold.Item", formats.State[Item[string]]())
}
