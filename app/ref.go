package app

import (
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
)

// Ref is the strong reference to a contact or a group. [Core.Resolve] makes it where a name enters;
// workflows take it and look nothing up again.
type Ref struct {
	chat.Ref
	Contact contact.Ref // zero for a group
	Name    string      // as it was when the reference was made, for display
}

// change is what moderation of the reference is about: the person, or the group.
func (r Ref) change() moderation.ChangeIntent {
	if r.Group {
		return moderation.ChangeIntent{Group: r.Context, Epoch: r.Epoch}
	}
	return moderation.ChangeIntent{Contact: r.Contact}
}
