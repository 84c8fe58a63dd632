package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura"
)

// line is the place of a message among what its author wrote one after the other: each line of thought of
// a user, and each text of a burst that is sent while others are on their way, has a lane of its own.
type line struct {
	author  string
	context aura.ContextID
	lane    int
	number  int
}

// message is one message that a user wrote, from the moment before it was submitted.
type message struct {
	line
	author    *person
	text      string
	operation aura.OperationID // once acked
	acked     bool             // the author was told that it is durable
	lost      bool             // the author's home went back to a disk without it, or is out of use
	refused   bool             // the author was told that it was not sent
}

// talks holds all messages of the world and the members of each conversation.
type talks struct {
	said     map[line]*message
	order    []*message // as they were submitted
	contexts map[aura.ContextID]*conversation
}

// conversation is a context as its facts describe it.
type conversation struct {
	group   bool
	founder *person // of a group
	maker   *person // of a group: the first home of the founder's device on which it was founded
	members []*person
	left    map[*person]bool
	took    map[*person]bool // who has the other as a contact by it
}

func newTalks() talks {
	return talks{said: map[line]*message{}, contexts: map[aura.ContextID]*conversation{}}
}

func (t *talks) conversation(context aura.ContextID) *conversation {
	c := t.contexts[context]
	if c == nil {
		c = &conversation{left: map[*person]bool{}, took: map[*person]bool{}}
		t.contexts[context] = c
	}
	return c
}

// by returns the maker of a group that a person founded, on another device than the one of a home; nil: it is none.
func (c *conversation) by(h *person) *person {
	if c == nil || c.maker == nil || c.maker.owner() != h.owner() || c.maker == h.first() {
		return nil
	}
	return c.maker
}

func (c *conversation) join(p *person) {
	if p != nil && !slices.Contains(c.members, p) {
		c.members = append(c.members, p)
	}
}

func (t *talks) groups() (n int) {
	for _, c := range t.contexts {
		if c.group {
			n++
		}
	}
	return n
}

// begin notes a message that is about to be submitted: its text is its place and then words.
func (t *talks) begin(author *person, context aura.ContextID, lane, number int, words string) *message {
	m := &message{line: line{author.name, context, lane, number}, author: author}
	m.text = fmt.Sprintf("%s|%d|%d|%s", author.name, lane, number, words)
	t.said[m.line] = m
	t.order = append(t.order, m)
	return m
}

// wordsOf returns the text of a message without its place.
func wordsOf(text string) string {
	parts := strings.SplitN(text, "|", 4)
	return parts[len(parts)-1]
}

// find returns the message with a text in a conversation, nil when no user wrote it there.
func (t *talks) find(context aura.ContextID, text string) *message {
	author, rest, _ := strings.Cut(text, "|")
	lane, rest, _ := strings.Cut(rest, "|")
	number, _, _ := strings.Cut(rest, "|")
	l, _ := strconv.Atoi(lane)
	n, _ := strconv.Atoi(number)
	m := t.said[line{author, context, l, n}]
	if m == nil || m.text != text {
		return nil
	}
	return m
}

// recipients returns the homes that must have a message in the end: those of the members whom it must reach, and the
// other homes of its author, which learn it from them.
func (w *simulation) recipients(m *message) (all []*person) {
	author := m.author.first()
	all = w.audience(m.context, author, m.givenUp)
	if len(all) > 0 {
		all = append(all, slices.DeleteFunc(author.homesIn(m.context), func(p *person) bool { return p == m.author })...)
	}
	return all
}

// audience returns the homes of the members of a conversation that facts of an author's device must reach in the end: those of
// all listed devices that take part. People who are blocked, who block, or who left are not among them: what reaches them
// depends on when. An inviter has a contact before the accepter does; when the two begin anew in between, the accepter
// never gets the facts up to then, which givenUp says, and their author sees that; another device of the inviter, enrolled in
// between, does not learn that. A removed device is heard no more.
func (w *simulation) audience(context aura.ContextID, of *person, givenUp func(*person) bool) (all []*person) {
	c, author := w.talks.contexts[context], of.owner()
	if c == nil || c.left[author] || of.first().spurned || of.first().checker.expelled(context) {
		return nil
	}
	for _, p := range c.members {
		if p == author || c.left[p] || apart(p, author) || !c.group && !c.took[p] && (of.first() != author || givenUp(p)) {
			continue
		}
		// A member learns of a group from its founder, or never.
		if c.group && (p != c.founder && apart(p, c.founder) || author != c.founder && apart(author, c.founder)) {
			continue
		}
		for _, d := range p.everywhere() {
			if !d.spurned {
				all = append(all, d.homesIn(context)...)
			}
		}
	}
	if c.group && c.maker != nil && c.maker.spurned { // so whom it had not told yet does not know of the group
		all = slices.DeleteFunc(all, func(h *person) bool { return !h.checker.takesIn(context) })
	}
	return all
}

// givenUp reports whether the author has recorded that a message will not reach a person.
func (m *message) givenUp(p *person) bool {
	w := m.author.checker
	return w.failed[receiver{m.context, p.self()}] >= w.seq[m.line]
}

// apart reports whether one of two people has blocked the other, at any home.
func apart(p, q *person) bool { return p.blocks(q) || q.blocks(p) }

// blocks reports whether a home of a person blocks another person.
func (p *person) blocks(q *person) bool {
	return slices.ContainsFunc(p.everywhere(), func(d *person) bool {
		return slices.ContainsFunc(d.homes(), func(h *person) bool { return h.checker.blocked[q.self()] })
	})
}

// contexts returns the contexts in which a person takes part, ascending.
func (p *person) contexts() []aura.ContextID {
	var all []aura.ContextID
	for context, c := range p.world.talks.contexts {
		if slices.Contains(c.members, p.owner()) {
			all = append(all, context)
		}
	}
	slices.SortFunc(all, aura.ContextID.Compare)
	return all
}
