package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// demoBudget is the most that the demonstration may take. A stage that is not over then has failed.
const demoBudget = time.Minute

func demoCommand(s *cli.Shell) *cobra.Command {
	var agents int
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch two agents meet and talk, in a temporary folder",
		Long: `Watch two agents, Ada and Ben, meet and talk in this process: each with its own account, its own journal on disk and its
own encrypted links over the loopback network. Every line is one stage of the road of a message and begins with whose
agent it is. With --agents 3 Cleo joins, and a group. Nothing remains on the disk.`,
		Example: "  aura demo\n  aura demo --agents 3\n  aura demo --json",
		Args:    cli.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if agents != 2 && agents != 3 {
				return cli.Usage(c, "--agents must be 2 or 3, got %d", agents)
			}
			return runDemo(s, agents)
		},
	}
	c.Flags().IntVar(&agents, "agents", 2, "how many agents: 2 or 3")
	return c
}

// runDemo plays the demonstration in a temporary folder, which it removes.
func runDemo(s *cli.Shell, agents int) (err error) {
	dir, err := os.MkdirTemp("", "aura-demo-")
	if err != nil {
		return aura.Errorf("aura.Demo", aura.Unavailable, "temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	decisions := &decisionCount{}
	return runTasks("demo", decisions, func(tc task.Context) error {
		d := newDemo(s, dir, agents, decisions)
		printer := task.NewGroup(tc, "road")
		printer.Go("print", d.road.print)
		err := d.play(tc)
		// What was reported is printed before the demonstration ends, also the way to a failure.
		d.road.lines.Close()
		return errors.Join(err, printer.Wait(tc), d.conclude(err))
	})
}

// demo is the play: who is in it, and what was counted.
type demo struct {
	shell     *cli.Shell
	road      *road
	cast      []*actor
	decisions *decisionCount
	sum       summary
}

// summary is the last line.
type summary struct {
	Stage     string  `json:"stage"`
	Agents    int     `json:"agents"`
	Messages  int     `json:"messages"`
	Facts     uint64  `json:"facts"`
	Decisions uint64  `json:"decisions"`
	Denied    uint64  `json:"denied"`
	Seconds   float64 `json:"seconds"`
}

func newDemo(s *cli.Shell, dir string, agents int, decisions *decisionCount) *demo {
	d := &demo{shell: s, road: newRoad(s), decisions: decisions, sum: summary{Stage: "summary", Agents: agents}}
	for _, name := range []string{"Ada", "Ben", "Cleo"}[:agents] {
		d.cast = append(d.cast, &actor{name: name, home: filepath.Join(dir, name), road: d.road})
	}
	return d
}

// play goes through the stages and counts. The agents are stopped whatever happens.
func (d *demo) play(tc task.Context) (err error) {
	tc, done := tc.WithBudget("demo", demoBudget)
	defer done()
	began := tc.Elapsed()
	for _, a := range d.cast {
		if err := a.found(tc); err != nil {
			return stageError(a.name+"'s account", err)
		}
	}
	group := task.NewGroup(tc, "agents")
	defer func() {
		for _, a := range d.cast {
			if stopped := a.rest(tc); err == nil && stopped != nil {
				err = stageError(a.name+"'s agent stops", stopped)
			}
		}
	}()
	for _, a := range d.cast {
		if err := a.rise(tc, group); err != nil {
			return stageError(a.name+"'s agent starts", err)
		}
	}
	if err := d.story(tc); err != nil {
		return err
	}
	for _, a := range d.cast {
		now, err := a.core.Status(tc)
		if err != nil {
			return stageError(a.name+"'s status", err)
		}
		d.sum.Facts += uint64(now.Facts)
	}
	d.sum.Decisions, d.sum.Denied = d.decisions.allowed.Load()+d.decisions.denied.Load(), d.decisions.denied.Load()
	d.sum.Seconds = float64((tc.Elapsed()-began)/time.Millisecond) / 1000
	return nil
}

// story is what happens: they meet in pairs, talk, and with three of them found a group.
func (d *demo) story(tc task.Context) error {
	ada, ben := d.cast[0], d.cast[1]
	if err := d.meet(tc, ada, ben); err != nil {
		return err
	}
	for _, line := range []struct {
		from, to *actor
		text     string
	}{
		{ada, ben, "hi ben"},
		{ben, ada, "hello ada, nobody in the middle?"},
		{ada, ben, "nobody: your agent and mine 🎉"},
		{ben, ada, "and if you go offline?"},
		{ada, ben, "it waits in your journal\nuntil I am back"},
	} {
		if err := d.say(tc, line.from, line.to.name, line.text, line.to); err != nil {
			return err
		}
	}
	if err := d.read(tc, ben, ada); err != nil || len(d.cast) < 3 {
		return err
	}
	return d.threesome(tc, ada, ben, d.cast[2])
}

// threesome lets a third one join, and a group of all talk.
func (d *demo) threesome(tc task.Context, ada, ben, cleo *actor) error {
	const group = "Three"
	if err := d.meet(tc, ada, cleo); err != nil {
		return err
	}
	if err := d.say(tc, cleo, ada.name, "thanks for the invitation", ada); err != nil {
		return err
	}
	var members []app.Ref
	for _, a := range []*actor{ben, cleo} {
		ref, err := ada.core.Resolve(tc, a.name)
		if err != nil {
			return stageError("the group", err)
		}
		members = append(members, ref)
	}
	if err := d.road.tell(tc, ada.who(), stageIntent, chat.IntentCreate, group+": ben, cleo"); err != nil {
		return err
	}
	if _, err := ada.core.CreateGroup(tc, group, members); err != nil {
		return stageError("the group", err)
	}
	for _, a := range d.cast {
		if _, err := a.conversation(tc, group); err != nil {
			return stageError(a.name+" joins the group", err)
		}
		if err := d.road.tell(tc, a.who(), stageView, "group", group); err != nil {
			return err
		}
	}
	if err := d.say(tc, ada, group, "welcome, both of you", ben, cleo); err != nil {
		return err
	}
	return d.say(tc, cleo, group, "hello all", ada, ben)
}

// meet lets one invite and the other accept, and waits until both have the contact.
func (d *demo) meet(tc task.Context, host, guest *actor) error {
	if err := d.road.tell(tc, host.who(), stageIntent, invite.IntentCreate, ""); err != nil {
		return err
	}
	code, err := host.core.Invite(tc, 0)
	if err != nil {
		return stageError(host.name+" invites", err)
	}
	if err := d.road.tell(tc, guest.who(), stageIntent, invite.IntentAccept, fmt.Sprintf("%d characters", len(code.Code))); err != nil {
		return err
	}
	answer, err := guest.core.Accept(tc, code.Code)
	if err != nil {
		return stageError(guest.name+" accepts", err)
	}
	op, err := guest.core.WaitOperation(tc, answer.Operation)
	if err == nil && op.Phase != app.Succeeded {
		err = aura.Errorf("aura.Demo", aura.Unavailable, "the invitation %s: %s", op.Phase, op.Reason)
	}
	if err != nil {
		return stageError(guest.name+" accepts", err)
	}
	for _, pair := range [][2]*actor{{host, guest}, {guest, host}} {
		ref, err := pair[0].conversation(tc, pair[1].name)
		if err != nil {
			return stageError(pair[0].name+" and "+pair[1].name+" meet", err)
		}
		if err := d.road.tell(tc, pair[0].who(), stageView, "contact", ref.Name); err != nil {
			return err
		}
	}
	return nil
}

// say sends a text and waits until everybody in the conversation shows it and the sender shows it delivered.
func (d *demo) say(tc task.Context, from *actor, to, text string, hearers ...*actor) error {
	stage := fmt.Sprintf("%s to %s: %q", from.name, to, text)
	ref, err := from.core.Resolve(tc, to)
	if err != nil {
		return stageError(stage, err)
	}
	if err := d.road.tell(tc, from.who(), stageIntent, chat.IntentSend, strconv.Quote(text)); err != nil {
		return err
	}
	sent, err := from.core.Send(tc, ref, text, aura.FactID{})
	if err != nil {
		return stageError(stage, err)
	}
	for _, hearer := range hearers {
		at := ref
		at.Name = hearer.name
		m, err := hearer.sees(tc, at, sent.ID, func(*chat.Message) bool { return true })
		if err == nil && m.Text != text {
			err = aura.Errorf("aura.Demo", aura.Corrupt, "the text changed on the way")
		}
		if err != nil {
			return stageError(stage+" arrives", err)
		}
		if err := d.road.tell(tc, hearer.who(), stageView, "chat", m.From+": "+oneLine(m.Text)); err != nil {
			return err
		}
	}
	m, err := from.sees(tc, ref, sent.ID, func(m *chat.Message) bool { return m.State >= chat.Delivered })
	if err != nil {
		return stageError(stage+" is delivered", err)
	}
	d.sum.Messages++
	return d.road.tell(tc, from.who(), stageView, "chat", oneLine(text)+" ["+m.State.String()+"]")
}

// read lets one mark a conversation as read and waits until the other knows.
func (d *demo) read(tc task.Context, reader, writer *actor) error {
	stage := reader.name + " reads"
	there, err := reader.core.Resolve(tc, writer.name)
	if err != nil {
		return stageError(stage, err)
	}
	if err := d.road.tell(tc, reader.who(), stageIntent, chat.IntentRead, ""); err != nil {
		return err
	}
	if err := reader.core.MarkRead(tc, there); err != nil {
		return stageError(stage, err)
	}
	here, err := writer.core.Resolve(tc, reader.name)
	if err != nil {
		return stageError(stage, err)
	}
	signal, err := writer.core.Conversation(tc, here, 0)
	if err != nil {
		return stageError(stage, err)
	}
	read := 0
	_, err = await(tc, writer.core, signal, func(c app.Conversation) bool {
		read = 0
		for i := range c.Messages {
			if m := &c.Messages[i]; m.Mine && m.State == chat.Seen {
				read++
			} else if m.Mine {
				return false
			}
		}
		return true
	})
	if err != nil {
		return stageError(stage, err)
	}
	return d.road.tell(tc, writer.who(), stageView, "chat", fmt.Sprintf("%s has read %d messages", reader.name, read))
}

// conclude prints the summary of a play that went well.
func (d *demo) conclude(failed error) error {
	if failed != nil {
		return nil
	}
	n := &d.sum
	return d.shell.Print(n, `
%d agents, %d messages delivered, %d facts, %d guard decisions (%d denied), %.1f s`,
		n.Agents, n.Messages, n.Facts, n.Decisions, n.Denied, n.Seconds)
}

// stageError says which stage of the demonstration failed, and why.
func stageError(stage string, err error) error {
	return aura.Errorf("aura.Demo", aura.KindOf(err), "%s: %s", stage, aura.Reason(err))
}

// decisionCount is an event log that counts what the guards decided.
type decisionCount struct{ allowed, denied atomic.Uint64 }

// Emit implements [world.Log].
func (c *decisionCount) Emit(e world.Event) {
	switch {
	case e.Family != world.FamilyGuard:
	case e.ErrorKind == 0:
		c.allowed.Add(1)
	default:
		c.denied.Add(1)
	}
}

// oneLine returns a text as one line of a listing shows it.
func oneLine(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
