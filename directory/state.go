package directory

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/transport"
)

// kept bounds the messages that the index holds of each conversation. Services need them only to mark
// a conversation as read; frontends fold their own views.
var kept = chat.Keep{Messages: 64, Bytes: 16 << 10}

// State is what the journal says about people and contexts, folded by the reducers of the domains. It is
// seen only inside [Index.Read].
type State struct {
	*domain.States
	Contacts   *contact.State
	Moderation *moderation.State
	Invites    *invite.State
	Chats      *chat.State
	Devices    *device.State
	Enrolments *enrol.State
	// Through is a position: the facts up to it are in the states.
	Through fact.Position

	own     aura.DeviceID
	now     aura.Instant // at which rosters are read, see [Index.Look]
	rosters map[known]*roster.State
	links   uint64 // see [Index.Turn]
	meta    func(key string) ([]byte, error)
	secrets map[aura.ContextID][32]byte
	tags    map[transport.Tag]aura.ContextID
	codes   map[transport.Tag]transport.Secret // of own invitations and enrolments that wait

	keys    map[aura.ContextID][]fact.Certificate // of the members of groups, in their order; a zero one does not decode
	devices map[transport.PeerID]bool             // of those who may connect; nil: computed when it is asked for
}

// Setting returns what the chat handlers need to know beside the chat facts.
func (s *State) Setting() chat.Setting {
	return chat.SettingOf(s.States)
}

// Begin adds to a request that begins a conversation the fact that keeps its name, so that both are there or
// neither.
func (s *State) Begin(by domain.Caller, n chat.Newcomer, r guard.Request, err error) (guard.Request, error) {
	if err != nil {
		return r, err
	}
	label, err := s.Chats.Label(s.Setting(), by, n)
	r.Entries = append(r.Entries, label)
	return r, err
}
