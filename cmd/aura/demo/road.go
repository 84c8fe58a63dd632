package demo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
	"github.com/aura-runtime/aura/ui/cli"
)

// roadLine is one stage of the road, in whose agent it happened. Stage is a package's name where there is
// one: intent, guard, session, fact, send, receive, view.
type roadLine struct {
	Who        string        `json:"who"`
	Stage      string        `json:"stage"`
	Kind       string        `json:"kind,omitempty"` // of the intent, the fact or the view
	Text       string        `json:"text,omitempty"`
	Capability string        `json:"capability,omitempty"`
	Denied     string        `json:"denied,omitempty"`
	Waiting    bool          `json:"waiting,omitempty"` // the budget for the peer is used up for now
	Cost       *uint64       `json:"cost,omitempty"`    // units of the flow budget for the peer
	Left       *uint64       `json:"left,omitempty"`
	ID         *aura.FactID  `json:"id,omitempty"`
	Position   fact.Position `json:"position,omitempty"` // in the journal of who
	Peer       string        `json:"peer,omitempty"`
	Bytes      int           `json:"bytes,omitempty"`
	Count      int           `json:"count,omitempty"` // facts
	From       string        `json:"from,omitempty"`  // roles of a session's message
	To         string        `json:"to,omitempty"`
	Received   bool          `json:"received,omitempty"` // a session's message; absent: the guard allowed it and it was sent
}

// The stages that the demonstration tells itself, as a frontend.
const (
	stageIntent = "intent"
	stageView   = "view"
)

// roadLines is how many lines may wait for the printer. An agent that reports a stage must not wait, so what
// does not fit is lost and counted; a terminal keeps up with far more.
const roadLines = 4096

// road prints the stages in the order in which they were reported, but what became of a fact not before the
// fact: a decision is reported when it returns, and its envelopes may have arrived by then.
type road struct {
	shell *cli.Shell
	lines *task.Mailbox[roadLine]
	names map[aura.AuthorityID]string // complete before the first agent runs

	// The printer's own.
	facts map[aura.FactID]bool       // printed
	early map[aura.FactID][]roadLine // reported before their fact
}

func newRoad(s *cli.Shell) *road {
	return &road{
		shell: s, lines: task.NewMailbox[roadLine]("road", roadLines), names: map[aura.AuthorityID]string{},
		facts: map[aura.FactID]bool{}, early: map[aura.FactID][]roadLine{},
	}
}

// print writes lines until the road is closed and empty.
func (r *road) print(tc task.Context) error {
	for {
		line, err := r.lines.Recv(tc)
		if err != nil {
			return nil // closed, or the demonstration was interrupted
		}
		ready := []roadLine{line}
		switch {
		case line.ID == nil:
		case line.Stage == trace.StageFact:
			r.facts[*line.ID] = true
			ready = append(ready, r.early[*line.ID]...)
			delete(r.early, *line.ID)
		case !r.facts[*line.ID]:
			r.early[*line.ID] = append(r.early[*line.ID], line)
			continue
		}
		for i := range ready {
			if err := r.shell.Print(ready[i], "%s", ready[i].text()); err != nil {
				return err
			}
		}
	}
}

// trace returns the function to which an agent reports its stages. It never waits.
func (r *road) trace(who string) trace.Func {
	return func(s trace.Step) {
		line := roadLine{
			Who: who, Stage: s.Stage, Kind: s.Kind, Capability: s.Capability, Denied: s.Denied, Waiting: s.Waiting,
			Position: s.Position, Bytes: s.Bytes, Count: s.Count, From: s.From, To: s.To, Received: s.Received,
		}
		if !s.Peer.IsZero() {
			line.Peer = strings.ToLower(r.names[s.Peer])
		}
		if !s.ID.IsZero() {
			line.ID = &s.ID
		}
		if s.Stage == trace.StageGuard && (line.Peer != "" || s.Cost > 0) {
			line.Cost, line.Left = &s.Cost, &s.Left
		}
		r.lines.TrySend(line)
	}
}

// tell reports a stage of a frontend.
func (r *road) tell(tc task.Context, who, stage, kind, text string) error {
	return r.lines.Send(tc, roadLine{Who: who, Stage: stage, Kind: kind, Text: text})
}

func (l *roadLine) text() string {
	said := ""
	switch l.Stage {
	case stageIntent:
		said = l.Kind
		if l.Text != "" {
			said += " " + l.Text
		}
	case stageView:
		said = l.Kind + ": " + l.Text
	case trace.StageGuard:
		said = l.verdict()
	case trace.StageSession:
		said = fmt.Sprintf("%s → %s: %s, %s B, ", l.From, l.To, l.Kind, grouped(uint64(l.Bytes)))
		if l.Received {
			said += "received"
		} else {
			said += "allowed and sent"
		}
	case trace.StageFact:
		said = fmt.Sprintf("#%d %s %s", l.Position, l.Kind, l.short())
	case trace.StageSend:
		said = fmt.Sprintf("%s %s B (%s)", l.Peer, grouped(uint64(l.Bytes)), l.Kind)
	case trace.StageReceive:
		said = fmt.Sprintf("#%d %s %s from %s", l.Position, l.Kind, l.short(), l.Peer)
	default:
		said = l.Kind
	}
	return fmt.Sprintf("%-5s %-8s %s", l.Who, l.Stage, said)
}

// verdict returns the guard's decision as text: its cost towards a peer and the remaining budget, or that it
// stays on the device, or why not.
func (l *roadLine) verdict() string {
	switch {
	case l.Denied != "":
		return "deny " + l.Capability + ": " + l.Denied
	case l.Waiting:
		return "allow " + l.Capability + ": waits for " + l.Peer + "'s next epoch"
	case l.Cost == nil:
		return "allow " + l.Capability
	}
	unit := " units, "
	if *l.Cost == 1 {
		unit = " unit, "
	}
	said := grouped(*l.Cost) + unit + grouped(*l.Left) + " left for "
	switch {
	case !egress.IsControl(l.Capability):
		return "allow: " + said + l.Peer
	case l.Peer == "":
		return "allow " + l.Capability + ": " + said + "the invitation"
	}
	return "allow " + l.Capability + ": " + said + "control messages to " + l.Peer
}

func (l *roadLine) short() string {
	if l.ID == nil {
		return ""
	}
	return aura.Short(*l.ID)
}

// grouped returns a number with commas: 65,535.
func grouped(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
