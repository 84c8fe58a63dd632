package cli

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
)

func sessionCommand(s *Shell) *cobra.Command {
	return family(&cobra.Command{
		Use:   "session",
		Short: "Look at the sessions that run: exchanges of several steps, such as an invitation",
		Long: `Look at the sessions that run. A session is one exchange between agents by a checked protocol, such as the
exchange of an invitation. Of a session that has ended its facts are left and, of the newest, how it ended and a trace of who said what when,
without the content.`,
		Example: "  aura session list\n  aura session show k3jqm2xa\n  aura session graph k3jqm2xa\n  aura session move k3jqm2xa --to l4nhnbzt",
	}, sessionListCommand(s), sessionShowCommand(s), sessionTraceCommand(s), sessionReplayCommand(s), sessionGraphCommand(s), sessionMoveCommand(s))
}

// sessionLine is one line of `aura session list --json`.
type sessionLine struct {
	session.Session
	Waits string   `json:"waits"`          // the state in plain words
	With  []string `json:"with,omitempty"` // the others, as they are called on this side
}

// sessionShown is what `aura session show --json` prints.
type sessionShown struct {
	sessionLine
	Earlier uint64         `json:"earlier,omitempty"`
	Steps   []session.Step `json:"steps"`
	End     *session.End   `json:"end,omitempty"`
}

func sessionListCommand(s *Shell) *cobra.Command {
	ended := false
	c := &cobra.Command{
		Use:   "list",
		Short: "List the sessions that run, with what each waits for",
		Long: `List the sessions that run, with what each waits for. The two one-way sessions of each link, which carry facts, are not
among them: they begin and end with the link, and aura contacts shows which links are up.`,
		Example: "  aura session list\n  aura session list --json\n  aura session list --ended\n  aura session list --offline",
		Args:    None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("session list", func(tc task.Context, core *app.Core) error {
				if ended {
					return s.listEnded(tc, core)
				}
				list, err := core.Sessions(tc)
				if err != nil {
					return err
				}
				known, err := callsOf(tc, core)
				if err != nil {
					return err
				}
				lines := make([]sessionLine, len(list.Sessions))
				for i := range list.Sessions {
					lines[i] = known.lineOf(&list.Sessions[i])
				}
				return s.printSessions(lines, tc.Now().At.Std())
			})
		},
	}
	c.Flags().BoolVar(&ended, "ended", false, "list those that have ended, the newest first")
	return c
}

func sessionShowCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show a session and its recorded steps; \"session list\" shows its ID",
		Example: "  aura session show k3jqm2xa\n  aura session show k3jqm2xa --json",
		Args:    Exactly(1, "the beginning of a session's identifier"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("session show", func(tc task.Context, core *app.Core) error {
				all, err := askSession(tc, core, args[0], core.Session)
				if err != nil {
					return err
				}
				if s.JSON {
					return s.Object(all)
				}
				return s.printSession(all, tc.Now().At.Std())
			})
		},
	}
}

// askSession asks for the steps of the session that a text names.
func askSession(
	tc task.Context, core *app.Core, text string, ask func(task.Context, aura.SessionID) (session.Shown, error),
) (*sessionShown, error) {
	name, err := resolveSession(tc, core, text)
	if err != nil {
		return nil, err
	}
	shown, err := ask(tc, name)
	if err != nil {
		return nil, err
	}
	known, err := callsOf(tc, core)
	if err != nil {
		return nil, err
	}
	line := known.lineOf(&shown.Session)
	if shown.End != nil {
		line.Waits = "has ended: " + known.endOf(shown.End)
	}
	return &sessionShown{line, shown.Earlier, shown.Steps, shown.End}, nil
}

// resolveSession returns the name of a session that lives or, if none does, of one that has ended.
func resolveSession(tc task.Context, core *app.Core, text string) (aura.SessionID, error) {
	list, err := core.Sessions(tc)
	if err != nil {
		return aura.SessionID{}, err
	}
	name, err := list.Resolve(text)
	if aura.KindOf(err) != aura.NotFound {
		return name, err
	}
	ended, err := core.EndedSessions(tc)
	if err != nil {
		return aura.SessionID{}, err
	}
	list.Sessions = nil
	for i := range ended.Sessions {
		list.Sessions = append(list.Sessions, ended.Sessions[i].Session)
	}
	name, err = list.Resolve(text)
	if whole, bad := aura.ParseSessionID(text); bad == nil && aura.KindOf(err) == aura.NotFound {
		return whole, nil // the agent may know where it went
	}
	return name, err
}

// calls is how those who play in sessions are called on this side.
type calls struct {
	people  []app.Person
	self    aura.AuthorityID
	devices map[aura.DeviceID]string // of the account, and those that asked to join it
}

func callsOf(tc task.Context, core *app.Core) (c calls, err error) {
	c = calls{self: core.Self(), devices: map[aura.DeviceID]string{core.Device(): firstDevice}}
	if c.people, err = core.People(tc); err != nil {
		return c, err
	}
	enrolments, err := core.Enrolments(tc)
	for _, e := range enrolments {
		if c.devices[e.Sponsor] == "" {
			c.devices[e.Sponsor] = firstDevice // unless another one lists it
		}
		if !e.Device.IsZero() {
			c.devices[e.Device] = e.Name
		}
	}
	return c, err
}

// authority returns how who plays a role is called, whichever device does.
func (c *calls) authority(who aura.AuthorityID) string {
	if who == c.self {
		return "this account"
	}
	return nameIn(c.people, who)
}

// endOf says how a session ended, and who ended it.
func (c *calls) endOf(e *session.End) string {
	said := e.String()
	if !e.By.IsZero() {
		said += " (by " + c.authority(e.By) + ")"
	}
	return said
}

// endedLine is one line of `aura session list --ended --json`.
type endedLine struct {
	sessionLine
	End session.End `json:"end"`
}

func (s *Shell) listEnded(tc task.Context, core *app.Core) error {
	list, err := core.EndedSessions(tc)
	if err != nil {
		return err
	}
	known, err := callsOf(tc, core)
	if err != nil {
		return err
	}
	if len(list.Sessions) == 0 && !s.JSON {
		return s.Print(nil, "no session has ended")
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	if !s.JSON {
		fmt.Fprintln(w, "SESSION\tPROTOCOL\tROLE\tWITH\tEND\tSENT\tRECEIVED\tENDED")
	}
	for i := range list.Sessions {
		e := &list.Sessions[i]
		l, how := endedLine{known.lineOf(&e.Session), e.End}, known.endOf(&e.End)
		l.Waits = "has ended: " + how
		if s.JSON {
			if err := s.Object(&l); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", aura.Short(l.Name), l.Protocol, l.Role, strings.Join(l.With, ", "),
			how, l.Sent, l.Received, clock(e.End.At.Std(), tc.Now().At.Std()))
	}
	return w.Flush()
}

// lineOf names those who play the other roles: a device of the account, and one that asked to join it, by the name that device list shows.
func (c *calls) lineOf(v *session.Session) sessionLine {
	line := sessionLine{Session: *v, Waits: v.Waits()}
	for _, p := range v.Others {
		who := "not known yet"
		switch {
		case c.devices[p.Device] != "" && (p.Authority == c.self || p.Authority.IsZero()):
			who = c.devices[p.Device]
		case !p.Authority.IsZero():
			who = c.authority(p.Authority)
		case v.State == session.StateEnded:
			who = "not known"
		}
		line.With = append(line.With, fmt.Sprintf("%s (%s)", p.Role, who))
	}
	return line
}

func (s *Shell) printSessions(lines []sessionLine, now time.Time) error {
	if s.JSON {
		for i := range lines {
			if err := s.Object(&lines[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(lines) == 0 {
		return s.Print(nil, "no session runs")
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SESSION\tPROTOCOL\tROLE\tWITH\tSTATE\tSENT\tRECEIVED\tSINCE")
	for i := range lines {
		l := &lines[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", aura.Short(l.Name), l.Protocol, l.Role, strings.Join(l.With, ", "),
			l.Waits, l.Sent, l.Received, since(&l.Session, now))
	}
	return w.Flush()
}

// since says when a session began.
func since(v *session.Session, now time.Time) string {
	if v.Since == 0 {
		return "an earlier start"
	}
	return clock(v.Since.Std(), now)
}

func (s *Shell) printSession(v *sessionShown, now time.Time) error {
	var b strings.Builder
	v.head(&b, now)
	if !v.Persistent {
		b.WriteString("steps      are not recorded: it ends with its agent\n")
	}
	for i := range v.Steps {
		v.step(&b, i, now)
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// head writes who holds the session, and how it stands.
func (v *sessionShown) head(b *strings.Builder, now time.Time) {
	for _, row := range [][2]string{
		{"session", v.Name.String()}, {"protocol", v.Protocol}, {"role", v.Role}, {"with", strings.Join(v.With, ", ")},
		{"state", v.Waits}, {"since", since(&v.Session, now)},
	} {
		fmt.Fprintf(b, "%-10s %s\n", row[0], row[1])
	}
	if v.Epoch != 0 {
		fmt.Fprintf(b, "%-10s %d\n", "epoch", v.Epoch)
	}
	if len(v.Fragments) > 0 {
		fmt.Fprintf(b, "%-10s %s\n", "fragments", strings.Join(v.inFragments(), ", "))
		reaches := "the whole session"
		if len(v.Scope) > 0 {
			reaches = strings.Join(v.Scope, ", ") + " alone: it came here attenuated"
		}
		fmt.Fprintf(b, "%-10s %s\n", "scope", reaches)
	}
	if v.Runs != nil {
		fmt.Fprintf(b, "%-10s %s\n", "runs", v.Runs)
	}
}

// inFragments says which fragment each role is in, the own one first.
func (v *sessionShown) inFragments() (all []string) {
	for i, f := range v.Fragments {
		role := v.Role
		if i > 0 && i <= len(v.Others) {
			role = v.Others[i-1].Role
		}
		all = append(all, role+" in "+f)
	}
	return all
}

// step writes a message with its number.
func (v *sessionShown) step(b *strings.Builder, i int, now time.Time) {
	step := &v.Steps[i]
	way, to := "received", "from"
	if step.Sent {
		way, to = "sent", "to"
	}
	at := ""
	if step.At != 0 {
		at = ", " + clock(step.At.Std(), now)
	}
	fmt.Fprintf(b, "%-10d %-8s %s %s %s, %s%s\n", v.Earlier+uint64(i)+1, way,
		cmp.Or(step.Label, "a message of another version of the protocol"), to, cmp.Or(step.Other, "another role"), count(step.Size, "byte"), at)
}
