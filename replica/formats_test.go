package replica

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "replica.hello", formats.Payload[hello]())
	formats.Map(t, "replica.deliver", formats.Payload[deliver]())
	formats.Map(t, "replica.addresses", formats.Payload[addresses]())
	formats.Map(t, "replica.ack", formats.Payload[ack]())
	formats.Map(t, "replica.places", formats.Payload[places]())
	formats.Map(t, "replica.seek", formats.Payload[seek]())
	formats.Map(t, "replica.introduction", formats.Payload[introduction]())
}
