package sim

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
)

// letter is an invitation on its way from hand to hand, outside the network.
type letter struct {
	from *person
	code string
}

// askAgain is how long a person waits for an answer before it invites the same one again.
const askAgain = 90 * time.Second

// meet invites a person whom the user does not know, and reports whether there was one to invite. Some
// invitations are taken back, some expire, and some are shown to two people.
func (l *life) meet(tc task.Context) bool {
	var unknown []*person
	for _, p := range l.world.people {
		last, asked := l.asked[p.name]
		if p != l.person && !l.checker.knows[p.self()] && (!asked || tc.Elapsed()-last > askAgain) {
			unknown = append(unknown, p)
		}
	}
	if len(unknown) == 0 {
		return false
	}
	to := one(l.chance, unknown)
	life := aura.Duration(0)
	if l.chance.happens(0.1) {
		life = 10 * time.Second
	}
	var made app.Invited
	err := l.do(tc, "invite", func(tc task.Context) (err error) {
		made, err = l.core.Invite(tc, life)
		return err
	})
	if err != nil {
		return true
	}
	l.asked[to.name] = tc.Elapsed()
	l.world.joined = tc.Elapsed()
	to.letters = append(to.letters, letter{l.person, made.Code})
	switch n := l.chance.IntN(10); {
	case n == 0:
		if other := one(l.chance, l.world.people); other != l.person {
			other.letters = append(other.letters, letter{l.person, made.Code})
		}
	case n == 1:
		_ = tc.Sleep(l.chance.between(0, 10*time.Second))
		l.cancel(tc, made.ID)
	}
	return true
}

func (l *life) cancel(tc task.Context, id invite.ID) {
	_ = l.do(tc, "cancel", func(tc task.Context) error { return l.core.CancelInvite(tc, id) })
}

// answer accepts or declines the oldest invitation in the user's hands.
func (l *life) answer(tc task.Context) {
	next := l.letters[0]
	l.letters = l.letters[1:]
	defer func() { l.world.joined = l.world.sim.Elapsed() }()
	_ = l.do(tc, "answer", func(tc task.Context) (err error) {
		if l.chance.happens(0.1) {
			_, err = l.core.Decline(tc, next.code)
		} else {
			_, err = l.core.Accept(tc, next.code)
			l.agreed[next.from.name] = true
		}
		return err
	})
}
