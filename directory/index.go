package directory

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// kept bounds the messages that the index holds of each conversation. Services need them only to mark
// a conversation as read; frontends fold their own views.
var kept = chat.Keep{Messages: 64, Bytes: 16 << 10}

// Peer is the strong reference to a member of a shared context: who it is, what its device proves, and
// where it was last reached. It is resolved once, from the index, and passed inward.
type Peer struct {
	Context     aura.ContextID
	Authority   aura.AuthorityID
	Certificate fact.Certificate
	Addresses   []transport.Address
	Secret      [32]byte    // the context's
	Direct      bool        // the context is this contact's own, not a group's
	Contact     contact.Ref // when Direct
	Refused     bool        // the owner blocked it
	Left        bool        // it left the group
	Leaving     bool        // the owner left the group
	Founder     bool        // it founded the group
	Founded     bool        // the owner did
}

// Target returns where and how to open a channel to the peer.
func (p *Peer) Target() transport.Target {
	return transport.Target{
		Context: p.Context, PSK: p.Secret, Static: p.Certificate.Agreement,
		Peer: p.Certificate.Link, Addresses: p.Addresses,
	}
}

// State is what the journal says about people and contexts, folded by the reducers of the domains. It is
// seen only inside [Index.Read].
type State struct {
	*domain.States
	Contacts   *contact.State
	Moderation *moderation.State
	Invites    *invite.State
	Chats      *chat.State

	secrets map[aura.ContextID][32]byte
	tags    map[transport.Tag]aura.ContextID
	codes   map[transport.Tag]transport.Secret // of own invitations that wait

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

// Index is what all services share of people and contexts. The journal writes it, as a sink, in
// position order and before the writer of a fact learns that it is durable; so a service that has a result
// sees its effect.
type Index struct {
	self aura.AuthorityID
	meta func(key string) ([]byte, error)

	lock    task.Mutex
	state   State
	folds   []*journal.Fold   // of what modules index, in their order
	recent  map[string]recent // by kind
	own     map[string]string // the module that indexes a kind
	linking map[string]bool   // kinds that tell with whom there are links
	blind   bool              // a secret could not be read
	peers   int               // that there were at the last call of Peers
	changed map[string][]*task.Wake
	// quarantine has the recent facts that a state could not take.
	quarantine *fact.Quarantine
}

// New returns an empty index for an authority whose agent has a set of modules. meta reads the journal's metadata, nil for
// none.
func New(set *domain.Set, self aura.AuthorityID, meta func(key string) ([]byte, error)) *Index {
	states := set.NewStates(self)
	x := &Index{
		self: self, meta: meta, recent: map[string]recent{}, linking: map[string]bool{}, own: map[string]string{},
		quarantine: fact.NewQuarantine(task.Contain), changed: map[string][]*task.Wake{}, state: State{
			States: states, Contacts: domain.Get[*contact.State](states), Moderation: domain.Get[*moderation.State](states),
			Invites: domain.Get[*invite.State](states), Chats: domain.Get[*chat.State](states),
			secrets: map[aura.ContextID][32]byte{}, tags: map[transport.Tag]aura.ContextID{},
			codes: map[transport.Tag]transport.Secret{}, keys: map[aura.ContextID][]fact.Certificate{},
		},
	}
	x.state.Chats.Bound(kept)
	for i := range set.Modules() {
		x.add(&set.Modules()[i])
	}
	return x
}

// add lets the index follow what a module names.
func (x *Index) add(m *domain.Module) {
	state := x.state.Of(m.Name)
	for _, k := range m.Kinds {
		switch {
		case matches(m.Recent, k.Name):
			x.recent[k.Name] = recent{m.Name, state}
		case matches(m.Indexed, k.Name):
			x.own[k.Name], x.linking[k.Name] = m.Name, m.Linking
		}
	}
	if len(m.Indexed) > 0 {
		name, _, _ := strings.Cut(m.Indexed[0], ".")
		x.folds = append(x.folds, journal.NewFold("fold."+name, fact.Selection{Kinds: m.Indexed}, state, &x.lock))
	}
}

func matches(patterns []string, kind string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fact.MatchKind(p, kind) })
}

// recent is the state that follows the newest facts of a kind.
type recent struct {
	module string
	state  domain.State
}

// Load brings an empty index up to date: people, permissions, invitations and groups from their checkpoints
// on, and of the conversations the newest facts of each member, see [Index.Tails]. An agent must not start
// slower for having talked much.
func (x *Index) Load(tc task.Context, j *journal.Journal, own aura.DeviceID) error {
	for _, f := range x.folds {
		if err := f.Load(tc, j); err != nil {
			return err
		}
	}
	x.Read(func(*State) {
		x.open()
		x.offer()
	})
	for _, tail := range x.Tails(own) {
		ns := fact.ContextNamespace(tail.Context)
		count := j.Count(ns, tail.Device)
		records, err := j.ByAuthor(ns, tail.Device, count-min(count, TailLength)+1, TailLength)
		if err != nil && aura.KindOf(err) != aura.NotFound { // the oldest may have been collected
			return err
		}
		for i := range records {
			x.follow(&records[i])
		}
	}
	return nil
}

// follow folds a fact of which only the newest are followed, and reports whether it is one.
func (x *Index) follow(r *fact.Record) bool {
	by, ok := x.recent[r.Fact.Kind]
	if ok {
		x.quarantine.Take(by.module, r, by.state.Apply)
	}
	return ok
}

// Quarantined returns the facts that a fold could not take, see [fact.Quarantine].
func (x *Index) Quarantined() []fact.Quarantined {
	x.lock.Lock()
	defer x.lock.Unlock()
	held := x.quarantine.Held()
	for _, f := range x.folds {
		held = append(held, f.Quarantined()...)
	}
	return held
}

// Folds returns the folds that are checkpointed.
func (x *Index) Folds() []*journal.Fold { return x.folds }

// Due returns the checkpoints that it is time to append, and the first error of a state that cannot be saved.
func (x *Index) Due() ([]journal.Checkpoint, error) {
	x.lock.Lock()
	defer x.lock.Unlock()
	return journal.Due(x.folds...)
}

// TailLength is how many of a member's newest facts an index needs.
const TailLength = 64

// Tail names a device that speaks in a shared context.
type Tail struct {
	Context aura.ContextID
	Device  aura.DeviceID
}

// Tails returns the devices that speak in the shared contexts, in a fixed order; own is this one.
func (x *Index) Tails(own aura.DeviceID) []Tail {
	var tails []Tail
	x.Read(func(s *State) {
		for _, context := range x.contexts() {
			tails = append(tails, Tail{context, own})
			for _, m := range s.members(context, x.self) {
				tails = append(tails, Tail{context, m.Certificate.Device()})
			}
		}
	})
	return tails
}

// Committed implements [journal.Sink].
func (x *Index) Committed(records []fact.Record) {
	for _, wake := range x.take(records) {
		wake.Notify()
	}
}

// take folds records and returns whom to tell, in the order of the folds.
func (x *Index) take(records []fact.Record) []*task.Wake {
	x.lock.Lock()
	defer x.lock.Unlock()
	for _, f := range x.folds {
		f.Committed(records)
	}
	touched := map[string]bool{}
	linking, met, invited, removed := false, false, false, false
	for i := range records {
		r := &records[i]
		if x.follow(r) {
			continue
		}
		if module, indexed := x.own[r.Fact.Kind]; indexed {
			touched[module] = true
			linking = linking || x.linking[r.Fact.Kind]
		}
		switch r.Fact.Kind { // what the index itself keeps beside the states
		case contact.KindAdded, chat.KindCreated, chat.KindJoined:
			met = true
		case contact.KindRemoved:
			removed = true
		case invite.KindCreated, invite.KindCancelled, invite.KindAccepted, invite.KindCompleted, invite.KindExpired:
			invited = true
		}
	}
	if linking {
		x.state.devices = nil
	}
	if removed {
		x.forget()
	}
	if met {
		x.open()
	}
	if invited {
		x.offer()
	}
	var wakes []*task.Wake
	for _, name := range x.state.Names() {
		if linking || touched[name] {
			wakes = append(wakes, x.changed[name]...)
		}
	}
	if linking {
		wakes = append(wakes, x.changed[""]...)
	}
	return wakes
}

// open learns the secrets of contexts.
func (x *Index) open() {
	for _, context := range x.contexts() {
		if _, known := x.state.secrets[context]; known {
			continue
		}
		value, err := x.meta(domain.SecretKey(context))
		x.blind = x.blind || err != nil
		if len(value) == 32 {
			secret := [32]byte(value)
			x.state.secrets[context] = secret
			x.state.tags[transport.TagOf(secret)] = context
		}
	}
}

// forget drops the secrets of contexts that ended.
func (x *Index) forget() {
	for context, secret := range x.state.secrets {
		if _, removed := x.state.Contacts.Former(context); removed {
			delete(x.state.secrets, context)
			delete(x.state.tags, transport.TagOf(secret))
		}
	}
}

// offer learns which own invitations may be answered. A code is checked when it is new: it does not change.
func (x *Index) offer() {
	known := make(map[aura.ContextID]transport.Tag, len(x.state.codes))
	for tag, secret := range x.state.codes {
		known[secret.Context] = tag
	}
	before := x.state.codes
	x.state.codes = make(map[transport.Tag]transport.Secret, len(before))
	// An answer asks whether the time of the invitation has passed.
	for _, id := range x.state.Invites.Listening(aura.Physical{}) {
		value, err := x.meta(invite.CodeKey(id))
		x.blind = x.blind || err != nil
		if len(value) == 0 {
			continue // forgotten
		}
		if tag, ok := known[aura.ContextID(id)]; ok {
			x.state.codes[tag] = before[tag]
			continue
		}
		code, err := invite.Parse(string(value))
		if err != nil {
			continue
		}
		psk := code.PSK()
		x.state.codes[transport.TagOf(psk)] = transport.Secret{Context: aura.ContextID(id), PSK: psk, Anyone: true}
	}
}

// Blind reports whether a failing disk hides the secret of a context or of an invitation.
func (x *Index) Blind() bool {
	x.lock.Lock()
	defer x.lock.Unlock()
	return x.blind
}

// look reads again what a failing disk may have hidden.
func (x *Index) look() {
	if x.blind {
		x.blind = false
		x.open()
		x.offer()
	}
}

// contexts returns every shared context of the owner.
func (x *Index) contexts() []aura.ContextID {
	var all []aura.ContextID
	for _, c := range x.state.Contacts.Contacts() {
		all = append(all, c.Context)
	}
	return append(all, x.state.Chats.Groups()...)
}

// OnChange notifies changed whenever people or contexts may have changed, and after each indexed fact of a module; "": of
// none.
func (x *Index) OnChange(module string, changed *task.Wake) {
	x.lock.Lock()
	defer x.lock.Unlock()
	x.changed[module] = append(x.changed[module], changed)
}

// Read lets fn look at the state. It must not wait and must not keep a reference to them.
func (x *Index) Read(fn func(*State)) {
	x.lock.Lock()
	defer x.lock.Unlock()
	fn(&x.state)
}

// Plan runs a pure handler over the state.
func (x *Index) Plan(handler func(*State) (guard.Request, error)) (request guard.Request, err error) {
	x.Read(func(s *State) { request, err = handler(s) })
	return request, err
}

// Peers returns the members of all shared contexts, ascending by context and authority, except the owner.
func (x *Index) Peers() []Peer {
	var peers []Peer
	x.Read(func(s *State) {
		x.look()
		peers = make([]Peer, 0, x.peers+1) // there may be one more than last time
		for _, context := range x.contexts() {
			secret, ok := s.secrets[context]
			if !ok {
				continue
			}
			for _, m := range s.members(context, x.self) {
				m.Secret = secret
				peers = append(peers, m)
			}
		}
		x.peers = len(peers)
	})
	slices.SortFunc(peers, func(x, y Peer) int {
		if c := x.Context.Compare(y.Context); c != 0 {
			return c
		}
		return x.Authority.Compare(y.Authority)
	})
	return peers
}

// members returns the members of a context but the owner, without its secret.
func (s *State) members(context aura.ContextID, self aura.AuthorityID) []Peer {
	if c, ok := s.Contacts.ByContext(context); ok {
		cert, _ := s.Contacts.Certificate(context)
		return []Peer{{
			Context: context, Authority: c.Authority, Certificate: cert, Direct: true, Contact: c.Ref,
			Addresses: Addresses(s.Contacts.Addresses(context)),
			Refused:   s.Moderation.Arrival(c.Authority) == moderation.ArrivalRefused,
		}}
	}
	group, ok := s.Chats.Membership(context)
	if !ok {
		return nil
	}
	founder := group.Founder()
	peers := make([]Peer, 0, len(group.Members))
	for i, cert := range s.certificates(context, &group) {
		m := &group.Members[i]
		if m.Authority == self || cert == (fact.Certificate{}) {
			continue
		}
		where := m.Addresses
		if known, ok := s.Contacts.ByAuthority(m.Authority); ok {
			where = s.Contacts.Addresses(known.Context)
		}
		peers = append(peers, Peer{
			Context: context, Authority: m.Authority, Certificate: cert, Addresses: Addresses(where),
			Refused: s.Moderation.Arrival(m.Authority) == moderation.ArrivalRefused,
			Left:    s.Chats.Gone(context, m.Authority), Leaving: s.Chats.Gone(context, self),
			Founder: m.Authority == founder, Founded: founder == self,
		})
	}
	return peers
}

// certificates returns the decoded certificates of a group's members, which never change.
func (s *State) certificates(context aura.ContextID, group *chat.Group) []fact.Certificate {
	keys, known := s.keys[context]
	if !known {
		keys = make([]fact.Certificate, len(group.Members))
		for i := range group.Members {
			if cert, err := fact.DecodeCertificate(group.Members[i].Certificate); err == nil {
				keys[i] = cert
			}
		}
		s.keys[context] = keys
	}
	return keys
}

// Shares reports whether a context is one of a contact or a group.
func (x *Index) Shares(context aura.ContextID) (shares bool) {
	x.Read(func(s *State) { _, shares = s.secrets[context] })
	return shares
}

// ByTag implements [transport.Directory]: the contexts of contacts and groups, and open invitations.
func (x *Index) ByTag(tag transport.Tag) (secret transport.Secret, ok bool) {
	x.Read(func(s *State) {
		context, known := s.tags[tag]
		if !known {
			secret, ok = s.codes[tag]
			return
		}
		secret = transport.Secret{Context: context, PSK: s.secrets[context]}
		for _, m := range s.members(context, x.self) {
			if !m.Refused {
				secret.Peers = append(secret.Peers, m.Certificate.Agreement)
			}
		}
		ok = len(secret.Peers) > 0
	})
	return secret, ok
}

// Addresses returns addresses as the transport takes them.
func Addresses(texts []string) []transport.Address {
	out := make([]transport.Address, 0, len(texts))
	for _, t := range texts {
		out = append(out, transport.Address(t))
	}
	return out
}

// Knows reports whether a device on the network belongs to a member of a shared context.
func (x *Index) Knows(device transport.PeerID) (known bool) {
	x.Read(func(s *State) {
		if s.devices == nil {
			s.devices = map[transport.PeerID]bool{}
			for _, context := range x.contexts() {
				for _, m := range s.members(context, x.self) {
					if !m.Refused {
						s.devices[m.Certificate.Link] = true
					}
				}
			}
		}
		known = s.devices[device]
	})
	return known
}

// Awaits reports whether an own invitation may still be answered, or an answer told why it is too late.
func (x *Index) Awaits(now aura.Physical) (awaits bool) {
	x.Read(func(s *State) { awaits = len(s.codes) > 0 && len(s.Invites.Listening(now)) > 0 })
	return awaits
}
