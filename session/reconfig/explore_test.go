package reconfig

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/session"
)

// The exploration walks through every order of what two devices of an account and another participant do while a session goes from one device to the
// other: commits, messages that come late or never, crashes, and the removal of a device. Each state is a value, and what happens next is decided by
// the functions that decide in an agent: giving, taking, session.Custody and the witnesses of package domain/session.

const (
	laptop = 0
	server = 1
	other  = 2 // the participant who is another person's
)

var (
	account = aura.AuthorityID{1}
	played  = view.Played{Session: aura.SessionID{2}, Authority: account, Role: "Host"}
	device  [2]aura.DeviceID
	secret  [2]ed25519.PrivateKey
)

// bounds are how far the exploration goes.
type bounds struct {
	delegations int   // that begin, by either device
	contents    uint8 // how often the session goes on
	pieces      bool  // a recording goes in two
	removed     bool  // one of the two devices may be removed
}

// held is what a device has of the session.
type held struct {
	custody session.Custody
	moves   uint16 // with which it came, by number
	content uint8  // how far its recording goes: its steps, and sixteen for each time that it was imported, which is an entry of it
	by      uint8  // of an import: the delegation that brought it
	gave    uint16 // the witnesses of which it tells, since it gave the session away; 0: it did not
	ended   bool
}

const imported = 16

// talk is a delegation. The logs have its messages by number, in the order in which they are durable at the source and at the target.
type talk struct {
	begun          bool
	from           uint8
	source, target string
	over, done     bool // the source has ended its part, and the target

	// A crash of the source loses these.
	stood, cannot, stands bool
	ending                bool // its program has returned
}

// state is one state of all.
type state struct {
	has   [2]held
	talks [3]talk
	peer  struct {
		moves uint16
		with  uint8
		ended bool
	}
	removed uint8   // one more than the device that was removed; 0: none
	knows   [3]bool // who has heard of it
}

// model is the exploration: states by number, and how each was reached first.
type model struct {
	bounds
	messages []session.Message
	number   map[string]uint16 // of a message
	chains   [][]view.Move
	chain    map[string]uint16
	known    map[any]any // values that were computed before, by their arguments

	states []state
	from   []int
	by     []string
	before [][]int
	index  map[state]int
	wrong  string // what the last step broke
}

// once returns the value of fn, which depends on the key alone.
func once[K comparable, T any](m *model, key K, fn func() T) T {
	if v, is := m.known[key]; is {
		return v.(T)
	}
	v := fn()
	m.known[key] = v
	return v
}

type gives struct {
	next give
	g    giving
}

type takes struct {
	next take
	t    taking
	fits bool
	may  bool
}

// The keys of values that are computed once.
type (
	giveKey struct {
		from, removed        uint8
		stood, cannot, hears bool
		log                  string
	}
	takeKey struct {
		at, from, removed uint8
		hears             bool
		log               string
	}
	offerKey struct {
		moves         uint16
		content, from uint8
		log           string
	}
	pieceKey struct {
		content uint8
		log     string
	}
	commitKey struct {
		from uint8
		log  string
	}
	readyKey struct {
		at  uint8
		log string
	}
	recordingKey uint8
	digestKey    uint8
	followKey    struct {
		known, tells  uint16
		with, removed uint8
		hears         bool
	}
)

func newModel(b bounds) *model {
	for i := range device {
		secret[i] = ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(i+1)))
		device[i] = aura.DeviceOf(secret[i].Public().(ed25519.PublicKey))
	}
	return &model{bounds: b, number: map[string]uint16{}, messages: make([]session.Message, 1), chains: make([][]view.Move, 1), chain: map[string]uint16{"": 0},
		known: map[any]any{}, index: map[state]int{}}
}

func marshal(v any) []byte {
	b, err := fact.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// says returns a log with one more message.
func (m *model) says(log, label string, payload any) string {
	var b []byte
	if payload != nil {
		b = marshal(payload)
	}
	key := label + string(b)
	id, known := m.number[key]
	if !known {
		id = uint16(len(m.messages))
		m.number[key] = id
		m.messages = append(m.messages, session.Message{Label: label, Payload: b})
	}
	return log + string([]byte{byte(id >> 8), byte(id)})
}

func (m *model) read(log string, i int) session.Message {
	return m.messages[uint16(log[2*i])<<8|uint16(log[2*i+1])]
}

// chained returns the number of witnesses.
func (m *model) chained(moves []view.Move) uint16 {
	key := ""
	if len(moves) > 0 {
		key = string(marshal(moves))
	}
	id, known := m.chain[key]
	if !known {
		id = uint16(len(m.chains))
		m.chain[key] = id
		m.chains = append(m.chains, moves)
	}
	return id
}

// listed is what an agent knows of the devices of the account.
func listed(removed uint8, knows bool) keys {
	return func(d aura.DeviceID) (key [32]byte, is bool) {
		at := slices.Index(device[:], d)
		if at < 0 || knows && removed == uint8(at)+1 {
			return key, false
		}
		return [32]byte(secret[at].Public().(ed25519.PublicKey)), true
	}
}

func (s *state) listed(at int) keys { return listed(s.removed, s.knows[at]) }

// gone reports whether an agent knows that a device was removed.
func (s *state) gone(at int, d uint8) bool { return s.knows[at] && s.removed == d+1 }

// sourceSent are the labels of the source.
func sourceSent(label string) bool {
	return !slices.Contains([]string{"Next", "Refused", "Ready", "Activated"}, label)
}

// arrives returns the log of one side with the next message of the other one, false when there is none.
func (m *model) arrives(mine, theirs string, fromSource bool) (string, bool) {
	have := 0
	for i := range len(mine) / 2 {
		if sourceSent(m.read(mine, i).Label) == fromSource {
			have++
		}
	}
	for i := range len(theirs) / 2 {
		if sourceSent(m.read(theirs, i).Label) != fromSource {
			continue
		}
		if have--; have < 0 {
			return mine + theirs[2*i:2*i+2], true
		}
	}
	return mine, false
}

// giving asks the source what it does.
func (m *model) giving(s *state, k *talk) gives {
	return once(m, giveKey{k.from, s.removed, k.stood, k.cannot, s.knows[k.from], k.source}, func() gives {
		x := gives{g: giving{to: device[1-k.from]}}
		for i := range len(k.source) / 2 {
			said := m.read(k.source, i)
			said.Sent = sourceSent(said.Label)
			if err := x.g.saw(&said); err != nil {
				panic(err)
			}
		}
		var cannot error
		if k.cannot {
			cannot = aura.Errorf("reconfig.Move", aura.Conflict, "the session went on")
		}
		x.next, _ = x.g.next(k.stood, cannot, s.listed(int(k.from)))
		return x
	})
}

// named is the name of a delegation.
func named(i int) aura.SessionID { return aura.SessionID{3, byte(i)} }

// taking asks the target what it does.
func (m *model) taking(s *state, i int) takes {
	k := &s.talks[i]
	to := 1 - k.from
	return once(m, takeKey{uint8(i), k.from, s.removed, s.knows[to], k.target}, func() takes {
		x := takes{t: taking{name: named(i), own: account, from: device[k.from], to: device[to]}}
		for i := range len(k.target) / 2 {
			said := m.read(k.target, i)
			said.Sent = !sourceSent(said.Label)
			if err := x.t.saw(&said); err != nil {
				panic(err)
			}
		}
		switch x.next = x.t.next(); x.next {
		case takeConsider:
			x.fits = x.t.fits(s.listed(int(to))) == nil
		case takeActivate:
			x.may = x.t.mayActivate(s.listed(int(to))) == nil
		}
		return x
	})
}

// recording is that of a session that has gone on so often: of one piece, or of two.
func (m *model) recording(content uint8) []byte {
	return once(m, recordingKey(content), func() []byte {
		if m.pieces {
			return bytes.Repeat([]byte{content}, view.MaxPiece+1)
		}
		return []byte{content}
	})
}

func (m *model) digest(content uint8) [32]byte {
	return once(m, digestKey(content), func() [32]byte { return sha256.Sum256(m.recording(content)) })
}

// offered returns the log of a source with its offer.
func (m *model) offered(h *held, from uint8, log string) string {
	return once(m, offerKey{h.moves, h.content, from, log}, func() string {
		before, b := m.chains[h.moves], m.recording(h.content)
		move := view.Move{From: device[from], To: device[1-from], Generation: uint64(len(before) + 1)}
		move.Signature = [64]byte(ed25519.Sign(secret[from], move.OfferBytes(played)))
		n := uint64(len(before) + 1)
		return m.says(log, "Offer", &view.Offer{Session: played.Session, Protocol: "dialogue", Role: played.Role, From: n - 1, To: n, Bytes: uint64(len(b)),
			Digest: m.digest(h.content), Moves: append(slices.Clone(before), move), Piece: b[:min(len(b), view.MaxPiece)]})
	})
}

// pieced returns the log of a source with the rest of the recording.
func (m *model) pieced(content uint8, sent uint64, log string) string {
	return once(m, pieceKey{content, log}, func() string { return m.says(log, "Piece", view.Piece{Bytes: m.recording(content)[sent:]}) })
}

// readied returns the log of a target with the word that it is ready.
func (m *model) readied(t *taking, at uint8, log string) string {
	return once(m, readyKey{at, log}, func() string {
		r := view.Readiness{Digest: t.offer.Digest}
		r.Signature = [64]byte(ed25519.Sign(secret[at], r.SigningBytes(&t.offer.Moves[len(t.offer.Moves)-1])))
		return m.says(log, "Ready", r)
	})
}

// committed is the log of a source with its commit, and the witnesses with it.
type committed struct {
	log   string
	moves uint16
}

func (m *model) committed(g *giving, from uint8, log string) committed {
	return once(m, commitKey{from, log}, func() committed {
		move := g.offer.Moves[len(g.offer.Moves)-1]
		move.Signature = [64]byte(ed25519.Sign(secret[from], move.SigningBytes(played)))
		return committed{
			m.says(log, "Committed", &view.Delegated{Session: played.Session, Role: played.Role, Move: move, Ready: g.ready}),
			m.chained(append(slices.Clone(g.offer.Moves[:len(g.offer.Moves)-1]), move)),
		}
	})
}

// follow is what the other participant does with the witnesses of a device.
type follow struct{ refuses, news bool }

func (m *model) follow(s *state, tells uint16) follow {
	return once(m, followKey{s.peer.moves, tells, s.peer.with, s.removed, s.knows[other]}, func() follow {
		if view.CheckMoves(played, m.chains[s.peer.moves], m.chains[tells], s.listed(other)) != nil {
			return follow{refuses: true}
		}
		news, err := view.News(played, m.chains[s.peer.moves], m.chains[tells], device[s.peer.with])
		return follow{err != nil, news}
	})
}

// step is one thing that may happen.
type step struct {
	name string
	to   state
}

// after returns all that may happen in a state.
func (m *model) after(s state) (all []step) {
	add := func(name string, change func(to *state)) {
		to := s
		change(&to)
		all = append(all, step{name, to})
	}
	names := [3]string{"laptop", "server", "other"}
	for d := range uint8(2) {
		h := &s.has[d]
		if h.custody == session.CustodyOwned && h.content%imported < m.contents {
			add(names[d]+" goes on with the session", func(to *state) { to.has[d].content++ })
		}
		if n := slices.IndexFunc(s.talks[:m.delegations], func(k talk) bool { return !k.begun }); n >= 0 && h.custody == session.CustodyOwned && !s.gone(int(d), 1-d) {
			add(names[d]+" is asked to give the session away", func(to *state) { to.talks[n] = talk{begun: true, from: d} })
		}
		add(names[d]+" crashes and starts again", func(to *state) {
			to.has[d].custody, _ = to.has[d].custody.After(session.CustodyStepRestart)
			for i := range to.talks {
				if k := &to.talks[i]; k.from == d {
					k.stood, k.cannot, k.stands, k.ending = false, false, false, false
				}
			}
		})
		m.meets(&s, d, names[d], add)
		if m.removed && s.removed == 0 {
			add(names[d]+" is removed from the account", func(to *state) { to.removed = d + 1 })
		}
	}
	if s.removed != 0 {
		for at := range s.knows {
			if !s.knows[at] {
				add(names[at]+" hears of the removal", func(to *state) { to.knows[at] = true })
			}
		}
	}
	for i := range s.talks {
		if s.talks[i].begun {
			m.source(&s, i, add)
			m.target(&s, i, add)
		}
	}
	return all
}

// meets is what may happen between the other participant and a device.
func (m *model) meets(s *state, d uint8, name string, add func(string, func(*state))) {
	if s.peer.ended || s.gone(other, d) {
		if !s.peer.ended && s.peer.with == d {
			add("other ends the session, whose device was removed", func(to *state) { to.peer.ended = true })
		}
		return
	}
	h, tells := &s.has[d], uint16(0)
	switch {
	case h.custody == session.CustodyOwned:
		tells = h.moves
	case h.custody == session.CustodyGone && h.gave != 0 && !h.ended:
		tells = h.gave
	case h.custody == session.CustodyGone && s.peer.with == d:
		add("other finds no session at "+name, func(to *state) { to.peer.ended = true })
		return
	default:
		return
	}
	switch does := m.follow(s, tells); {
	case does.refuses && h.custody == session.CustodyOwned:
		add("other refuses "+name, func(to *state) { to.has[d].custody, to.has[d].ended, to.has[d].gave = session.CustodyGone, true, 0 })
	case does.news:
		add("other meets "+name+" and follows", func(to *state) {
			moves := m.chains[tells]
			to.peer.moves, to.peer.with = tells, uint8(slices.Index(device[:], moves[len(moves)-1].To))
		})
	}
}

// takesBack has a source that has the session stand still go on.
func takesBack(to *state, i int) {
	if k := &to.talks[i]; k.stands {
		k.stands = false
		to.has[k.from].custody, _ = to.has[k.from].custody.After(session.CustodyStepTakeBack)
	}
}

// source is what may happen at the source of a delegation.
func (m *model) source(s *state, i int, add func(string, func(*state))) {
	k, name := &s.talks[i], fmt.Sprintf("delegation %d: the source ", i+1)
	if k.over {
		return
	}
	returns := func(to *state) {
		takesBack(to, i)
		to.talks[i].ending = true
	}
	if k.ending {
		add(name+"ends", func(to *state) {
			to.talks[i].over, to.talks[i].ending, to.talks[i].stood, to.talks[i].cannot = true, false, false, false
		})
		return
	}
	from, cut := k.from, s.gone(int(k.from), 1-k.from) || s.gone(int(1-k.from), k.from)
	x := m.giving(s, k)
	h := &s.has[from]
	switch x.next {
	case giveStand:
		if h.custody == session.CustodyStill {
			return // it waits for the other delegation
		}
		add(name+"has the session stand still", func(to *state) {
			k, h := &to.talks[i], &to.has[from]
			k.stood = true
			to.has[from].custody, k.stands = h.custody.After(session.CustodyStepStand)
			k.cannot = !k.stands || s.gone(int(from), 1-from) || x.g.offer != nil && m.digest(h.content) != x.g.offer.Digest
		})
	case giveOffer:
		add(name+"offers", func(to *state) { to.talks[i].source = m.offered(h, from, k.source) })
	case givePiece:
		add(name+"sends a piece", func(to *state) { to.talks[i].source = m.pieced(h.content, x.g.sent, k.source) })
	case giveWithdraw:
		if k.stands {
			add(name+"takes the session back", func(to *state) { takesBack(to, i) })
			return
		}
		add(name+"says that it withdraws", func(to *state) {
			to.talks[i].source = m.says(k.source, x.g.withdrawal(), view.Refusal{Reason: view.ReasonDenied})
		})
	case giveCommit:
		if !k.stands {
			m.wrong = "the source commits what it does not hold"
			return
		}
		add(name+"commits", func(to *state) {
			k, h, c := &to.talks[i], &to.has[from], m.committed(&x.g, from, k.source)
			k.source, k.stands, h.gave = c.log, false, c.moves
			h.custody, _ = h.custody.After(session.CustodyStepGive)
		})
	case giveAwait, giveLast:
		if log, any := m.arrives(k.source, k.target, false); any && !cut {
			add(name+"hears the target", func(to *state) { to.talks[i].source = log })
		} else if k.done && !cut {
			add(name+"hears that the target has ended", returns)
		}
		if x.next == giveAwait {
			add(name+"waits no longer", returns)
		}
		if s.gone(int(from), 1-from) {
			add(name+"ends the delegation with a device that was removed", returns)
		}
	default:
		add(name+"returns", returns)
	}
}

// target is what may happen at the target of a delegation.
func (m *model) target(s *state, i int, add func(string, func(*state))) {
	k, name := &s.talks[i], fmt.Sprintf("delegation %d: the target ", i+1)
	at := 1 - k.from
	if k.done {
		return
	}
	cut := s.gone(int(k.from), at) || s.gone(int(at), k.from)
	x := m.taking(s, i)
	h := &s.has[at]
	here := here{lives: h.custody != session.CustodyGone, ended: h.ended, imported: h.custody == session.CustodyHeld, by: named(int(h.by)), waits: !s.talks[h.by].done}
	drops := func(name string) bool {
		if x.t.offer == nil || !x.t.brought(&here) {
			return false
		}
		add(name, func(to *state) { to.has[at].custody, _ = h.custody.After(session.CustodyStepDrop) })
		return true
	}
	abandons := func(why string) {
		if !x.t.brought(&here) {
			add(name+"ends, "+why, func(to *state) { to.talks[i].done = true })
			return
		}
		add(name+"ends the session that it has imported, "+why, func(to *state) {
			to.has[at].custody, _ = h.custody.After(session.CustodyStepDrop)
			to.has[at].ended = true
		})
	}
	ends := func(why string) {
		if !drops(name + "drops the session, " + why) {
			add(name+"ends, "+why, func(to *state) { to.talks[i].done = true })
		}
	}
	switch x.next {
	case takeAwait:
		if log, any := m.arrives(k.target, k.source, true); any && !cut {
			add(name+"hears the source", func(to *state) { to.talks[i].target = log })
		}
		if len(k.target) > 0 && k.over && !cut {
			ends("since the source has ended")
		}
		if len(k.target) > 0 && s.gone(int(at), k.from) {
			abandons("since the source was removed")
		}
	case takeConsider:
		refuse := func() {
			add(name+"refuses", func(to *state) {
				to.talks[i].target = m.says(k.target, "Refused", view.Refusal{Reason: view.ReasonDenied})
			})
		}
		if !x.fits {
			refuse()
			return
		}
		switch no, drop := x.t.room(&here); {
		case drop:
			add(name+"drops an earlier import", func(to *state) { to.has[at].custody, _ = h.custody.After(session.CustodyStepDrop) })
		case no != nil:
			refuse()
		case uint64(len(x.t.bytes)) < x.t.offer.Bytes:
			add(name+"asks for more", func(to *state) { to.talks[i].target = m.says(k.target, "Next", nil) })
		case !here.imported:
			add(name+"imports the session", func(to *state) {
				to.has[at] = held{custody: session.CustodyHeld, moves: m.chained(x.t.offer.Moves), content: x.t.bytes[0] + imported, by: uint8(i), gave: h.gave}
			})
		default:
			add(name+"says that it is ready", func(to *state) { to.talks[i].target = m.readied(&x.t, at, k.target) })
		}
	case takeActivate:
		switch {
		case !x.may:
			abandons("since the commit is not one of the delegation")
		case !x.t.brought(&here):
			add(name+"says that it acts on what it has no more", func(to *state) { to.talks[i].target = m.says(k.target, "Activated", nil) })
		default:
			add(name+"activates", func(to *state) {
				h := &to.has[at]
				h.custody, _ = h.custody.After(session.CustodyStepClaim)
				h.moves = m.chained(append(slices.Clone(x.t.offer.Moves[:len(x.t.offer.Moves)-1]), x.t.delegated.Move))
				to.talks[i].target = m.says(k.target, "Activated", nil)
				if m.digest(h.content-imported) != x.t.delegated.Ready.Digest {
					m.wrong = "the target acts on another recording than the source gave"
				}
			})
		}
	case takeDrop:
		ends("since the source keeps it")
	default:
		add(name+"ends", func(to *state) { to.talks[i].done = true })
	}
}

// acts reports whether one device acts on the session, and the other participant plays with it.
func (s *state) acts() bool {
	return !s.peer.ended && s.has[s.peer.with].custody == session.CustodyOwned
}

// unsafe says what must not be in a state, empty for nothing.
func (m *model) unsafe(s *state) string {
	owns := func(d uint8) bool {
		return s.has[d].custody == session.CustodyOwned || s.has[d].custody == session.CustodyStill
	}
	switch {
	case m.wrong != "":
		return m.wrong
	case owns(laptop) && owns(server):
		return "two devices own the session"
	case s.peer.moves != 0 && owns(1-s.peer.with) && len(m.chains[s.peer.moves]) > len(m.chains[s.has[1-s.peer.with].moves]):
		return "the other participant has followed a session that its owner has not given away"
	case s.peer.ended && s.removed == 0:
		return "the session has ended for the other participant, and no device was removed"
	}
	return ""
}

// trace prints how a state is reached.
func (m *model) trace(at int) string {
	var all []string
	for ; at > 0; at = m.from[at] {
		all = append(all, m.by[at])
	}
	slices.Reverse(all)
	return "\n  " + strings.Join(all, "\n  ")
}

// explore walks through all states, the nearest first. It describes the first state that breaks a rule, with the way to it, and returns an empty
// text when there is none.
func (m *model) explore(most int) string {
	start := state{}
	start.has[server].custody = session.CustodyGone
	m.states, m.from, m.by, m.before, m.index[start] = []state{start}, []int{0}, []string{""}, [][]int{nil}, 0
	for at := 0; at < len(m.states); at++ {
		if len(m.states) > most {
			return fmt.Sprintf("more than %d states: the bound is too wide", most)
		}
		for _, next := range m.after(m.states[at]) {
			id, known := m.index[next.to]
			if !known {
				id = len(m.states)
				m.index[next.to] = id
				m.states, m.from, m.by, m.before = append(m.states, next.to), append(m.from, at), append(m.by, next.name), append(m.before, nil)
				if what := m.unsafe(&next.to); what != "" {
					return what + ":" + m.trace(id)
				}
			}
			m.before[id] = append(m.before[id], at)
		}
	}
	reaches, stack := make([]bool, len(m.states)), []int(nil)
	for i := range m.states {
		if m.states[i].acts() || m.states[i].peer.ended {
			reaches[i], stack = true, append(stack, i)
		}
	}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, b := range m.before[at] {
			if !reaches[b] {
				reaches[b], stack = true, append(stack, b)
			}
		}
	}
	if at := slices.Index(reaches, false); at >= 0 {
		return "no device owns the session for ever, and it does not end:" + m.trace(at)
	}
	return ""
}

// TestEveryDelegationHasOneOwner (runtime document, "Delegate Boundary"): within the bounds no two devices own the session in any state, none
// acts on another recording than was given, and from each state there is a way to one in which a device acts, and the other participant plays
// with it, or, behind a removal, to the end of the session.
func TestEveryDelegationHasOneOwner(t *testing.T) {
	// Three delegations hold, too: 467,242 states, which take half a minute.
	for what, b := range map[string]bounds{
		"one delegation":                 {delegations: 1, contents: 2, pieces: true},
		"two delegations":                {delegations: 2, contents: 1, pieces: true},
		"one delegation, and a removal":  {delegations: 1, contents: 1, pieces: true, removed: true},
		"two delegations, and a removal": {delegations: 2, removed: true},
	} {
		m := newModel(b)
		if wrong := m.explore(3_000_000); wrong != "" {
			t.Errorf("%s: %s", what, wrong)
		}
		moved, back := 0, 0
		for i := range m.states {
			if s := &m.states[i]; s.acts() && s.peer.with == server {
				moved++
			} else if s.acts() && s.peer.moves != 0 {
				back++
			}
		}
		t.Logf("%s: %d states, in %d of them the server has the session, in %d it is back", what, len(m.states), moved, back)
		if moved == 0 || b.delegations > 1 && back == 0 {
			t.Errorf("%s: no delegation comes to its end", what)
		}
	}
}
