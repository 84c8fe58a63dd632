package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

const (
	// thinkFor is the mean time between two actions of a user.
	thinkFor = 4 * time.Second
	// patience is how long a user waits for one action.
	patience = 2 * time.Minute
	// maxGroups is how many groups there are for each person, so that long worlds stay as lively as short ones.
	maxGroups = 4
	// large is the size of a long text.
	large = 60 << 10
)

// use is the user's task: it does one thing after the other until the world closes.
func (l *life) use(tc task.Context) error {
	lane := l.lane()
	for !l.world.closing {
		if err := tc.Sleep(l.chance.pause(thinkFor)); err != nil {
			return err
		}
		if !l.world.closing {
			l.act(tc, lane)
		}
	}
	return nil
}

// lane is one line of thought.
type lane struct{ id, number int }

func (p *person) lane() *lane {
	p.lanes++
	return &lane{id: p.lanes}
}

// act does one thing.
func (l *life) act(tc task.Context, lane *lane) {
	if l.original != nil {
		l.actAtCopy(tc, lane)
		return
	}
	// An invitation of another device would carry a certificate of its own.
	meets := l.account == nil
	if len(l.letters) > 0 && meets {
		l.joining(tc, l.answer)
		return
	}
	if meets && l.chance.happens(0.5) && l.mayJoin() {
		met := false
		if l.joining(tc, func(tc task.Context) { met = l.meet(tc) }); met {
			return
		}
	}
	thread, ok := l.pick()
	if !ok {
		return
	}
	switch n := l.chance.IntN(100); {
	case n < 70:
		l.say(tc, thread, lane, 0)
	case n < 72:
		l.say(tc, thread, lane, large)
	case n < 75:
		l.burst(tc, thread)
	case n < 86:
		l.with(tc, "read", thread, l.core.MarkRead)
	case n < 87:
		l.with(tc, "watch", thread, l.watch)
	case n < 91:
		l.with(tc, "mute", thread, one(l.chance, []func(task.Context, app.Ref) error{l.core.Mute, l.core.Unmute}))
	case n < 93:
		l.blockOrUnblock(tc, thread)
	case n < 95:
		l.rename(tc, thread)
	case n < 96:
		l.do(tc, "name", func(tc task.Context) error {
			return l.core.SetName(tc, fmt.Sprintf("%s %d", l.name, l.chance.IntN(9)))
		})
	case n < 99:
		if l.world.talks.groups() < maxGroups*len(l.world.people) && l.mayJoin() {
			l.joining(tc, l.createGroup)
		}
	default:
		if thread.Group && l.mayJoin() {
			l.with(tc, "leave", thread, l.core.Leave)
		}
	}
}

// actAtCopy does one of the things that need no own sync between the homes of a person.
func (l *life) actAtCopy(tc task.Context, lane *lane) {
	thread, ok := l.pick()
	if !ok {
		return
	}
	switch n := l.chance.IntN(100); {
	case n < 75:
		l.say(tc, thread, lane, 0)
	case n < 80:
		l.burst(tc, thread)
	case n < 95:
		l.with(tc, "read", thread, l.core.MarkRead)
	default:
		l.with(tc, "watch", thread, l.watch)
	}
}

// do runs one action and judges its end: it must come, and an error must be one that a user can understand.
func (l *life) do(tc task.Context, what string, fn func(task.Context) error) error {
	l.world.report.Operations++
	tc, done := tc.WithBudget(what, patience)
	defer done()
	err := fn(tc)
	if l.fuse.fired {
		return err // the agent is dying of a planted bug
	}
	switch aura.KindOf(err) {
	case 0, aura.Denied, aura.Conflict, aura.NotFound:
	case aura.Cancelled:
		// Only a process that is being stopped may say so.
		if l == l.person.life {
			l.world.violate(l.name, OperationsEnd, "%s: %v", what, err)
		}
	case aura.Unavailable, aura.Exhausted:
		if !l.excused() && l == l.person.life {
			l.world.violate(l.name, OperationsEnd, "%s: %v", what, err)
		}
	default:
		l.world.violate(l.name, OperationsEnd, "%s: %v", what, err)
	}
	return err
}

// with does something with a conversation, which it finds by name as a person would.
func (l *life) with(tc task.Context, what string, t chat.Thread, fn func(task.Context, app.Ref) error) {
	_ = l.do(tc, what, func(tc task.Context) error {
		ref, err := l.core.Resolve(tc, t.Name)
		if err != nil {
			return err
		}
		if chosen := l.checker.chosen; ref.Context != t.Context && !chosen[ref.Context] && !chosen[t.Context] {
			l.world.violate(l.name, LabelsStay, "%q was shown for %s and stands for %s", t.Name, t.Context, ref.Context)
		}
		if err = fn(tc, ref); err != nil && l.checker.expelled(ref.Context) {
			return nil // the group has gone with the device that founded it
		}
		if aura.KindOf(err) != aura.Invalid {
			return err
		}
		// The agent may know more than the screen: did all other members leave the group at this moment?
		now, unread := l.core.Overview(tc)
		if unread == nil && !slices.ContainsFunc(now, func(t chat.Thread) bool {
			return t.Context == ref.Context && present(t, l.self())
		}) {
			return nil
		}
		return err
	})
}

// threads returns the conversations that the user sees.
func (l *life) threads() []chat.Thread {
	s, err := reactive.Value(l.core.Hub().Frame(), app.Chats)
	if err != nil {
		l.world.violate(l.name, ViewsReduce, "the list of conversations: %v", err)
	}
	return s.Value
}

// pick returns one of the conversations that the user can speak in.
func (l *life) pick() (chat.Thread, bool) {
	var all []chat.Thread
	for _, t := range l.threads() {
		if !t.Left && present(t, l.self()) {
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		return chat.Thread{}, false
	}
	return one(l.chance, all), true
}

// present reports whether a conversation has a member besides the owner.
func present(t chat.Thread, owner aura.AuthorityID) bool {
	return slices.ContainsFunc(t.Members, func(m chat.Participant) bool { return !m.Left && m.Authority != owner })
}

// filling is some of everything that a text may hold.
const filling = "é\n🙂."

// say sends a message of at most size bytes more than its place needs.
func (l *life) say(tc task.Context, t chat.Thread, lane *lane, size int) {
	l.with(tc, "send", t, func(tc task.Context, to app.Ref) error {
		return l.send(tc, to, lane, strings.Repeat(filling, size/len(filling)))
	})
}

// send sends a message and notes whether it was acknowledged.
func (l *life) send(tc task.Context, to app.Ref, lane *lane, words string) error {
	lane.number++
	m := l.world.talks.begin(l.person, to.Context, lane.id, lane.number, words)
	sent, err := l.core.Send(tc, to, m.text, aura.FactID{})
	if err != nil {
		_, doubt := errors.AsType[*app.Doubt](err)
		if m.refused = !doubt; m.refused {
			l.checker.refusal(m)
		}
		return err
	}
	m.acked, m.operation = true, sent.Operation
	if heard := l.checker.heard[m.line]; heard != sent.ID {
		l.world.violate(l.name, MessageKept, "message %d of lane %d was acknowledged as another fact", m.number, m.lane)
	}
	return nil
}

// burst sends several messages at once.
func (l *life) burst(tc task.Context, t chat.Thread) {
	for range 2 + l.chance.IntN(7) {
		lane := l.lane()
		tc.Group().Go("burst", func(tc task.Context) error {
			for range 2 {
				l.say(tc, t, lane, 0)
			}
			return nil
		})
	}
}

// blockOrUnblock blocks the contact of a conversation, or unblocks all contacts.
func (l *life) blockOrUnblock(tc task.Context, t chat.Thread) {
	if l.chance.happens(0.6) {
		l.unblockAll(tc)
	} else if !t.Group {
		l.with(tc, "block", t, l.core.Block)
	}
}

// unblockAll unblocks every blocked contact.
func (l *life) unblockAll(tc task.Context) {
	contacts, err := l.core.Contacts(tc)
	if err != nil {
		return // the next time will do
	}
	for _, c := range contacts {
		if l.checker.blocked[c.Authority] {
			_ = l.do(tc, "unblock", func(tc task.Context) error {
				return l.core.Unblock(tc, app.Ref{Ref: chat.Ref{Context: c.Context, Epoch: c.Epoch}, Contact: c.Ref, Name: c.Name})
			})
		}
	}
}

func (l *life) rename(tc task.Context, t chat.Thread) {
	l.with(tc, "rename", t, func(tc task.Context, who app.Ref) error {
		l.checker.renamed[who.Context], l.checker.chosen[who.Context] = true, true
		_, err := l.core.Rename(tc, who, one(l.chance, []string{"", "Friend", "Friend", "Neighbour"}))
		if err == nil || aura.KindOf(err) == aura.Conflict {
			delete(l.checker.renamed, who.Context)
			delete(l.checker.labels, who.Context)
		}
		return err
	})
}

// createGroup founds a group with some of the contacts.
func (l *life) createGroup(tc task.Context) {
	_ = l.do(tc, "group", func(tc task.Context) error {
		contacts, err := l.core.Contacts(tc)
		if err != nil || len(contacts) == 0 {
			return err
		}
		l.chance.Shuffle(len(contacts), func(i, j int) { contacts[i], contacts[j] = contacts[j], contacts[i] })
		var members []app.Ref
		for _, c := range contacts[:1+l.chance.IntN(len(contacts))] {
			members = append(members, app.Ref{Ref: chat.Ref{Context: c.Context, Epoch: c.Epoch}, Contact: c.Ref, Name: c.Name})
		}
		_, err = l.core.CreateGroup(tc, fmt.Sprintf("Club %d", l.chance.IntN(100)), members)
		return err
	})
}
