package protocols_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/explore"
	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/protocols/guardianceremony"
)

func TestNothingThatCanHappenGoesWrong(t *testing.T) {
	each(t, func(t *testing.T, e protocols.Entry, inst *choreo.Instance) {
		image, err := machine.CompileInstance(inst)
		if err != nil {
			t.Fatal(err)
		}
		report, err := explore.Image(image, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		endless := e.Package == "delivery" // a link lasts as long as its channel
		if report.Counterexample != nil || !report.Complete || report.Endless != endless {
			t.Errorf("%+v\n%v", report, report.Counterexample)
		}
	})
}

// stage plays all roles of one session in one machine and gives each a port. A port steps the machine until its
// call is answered, so everything happens in the order in which the calls are made.
type stage struct {
	m       *machine.Machine
	session machine.SessionID
	wake    func(choreo.Role) error
	said    map[choreo.Role][]letter // the messages that a role will send
	heard   map[choreo.Role][]letter // the messages that a role received; to is the sender
}

func newStage(t *testing.T, inst *choreo.Instance) *stage {
	t.Helper()
	image, err := machine.CompileInstance(inst)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{said: map[choreo.Role][]letter{}, heard: map[choreo.Role][]letter{}}
	s.m = machine.New(s, machine.Options{Key: [32]byte{1}})
	capability, err := s.m.Open(image, machine.Opening{
		Owner: "stage", Admission: machine.AdmitTrusted(image, machine.IntegritySealed, machine.ReplaySequence, 1),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.session = machine.SessionID(capability.Session)
	s.wake = func(role choreo.Role) error {
		id, _ := image.Role(role)
		return s.m.Wake(capability, id)
	}
	return s
}

// settle steps the machine until nothing is ready.
func (s *stage) settle() error {
	for s.m.Status() == machine.StatusProgressing {
		if _, err := s.m.Step(); err != nil {
			return err
		}
	}
	return nil
}

// Choose implements machine.Host: the next message of the role is the choice.
func (s *stage) Choose(o machine.Offer) (int, machine.Answer) {
	said := s.said[o.RoleName()]
	for i := range o.Len() {
		if len(said) > 0 && o.Label(i).Name == said[0].label {
			return i, machine.AnswerDone
		}
	}
	return 0, machine.AnswerDefer
}

// Payload implements machine.Host.
func (s *stage) Payload(m machine.Message) (machine.Value, machine.Answer) {
	said := s.said[m.RoleName()]
	if len(said) == 0 {
		return machine.Value{}, machine.AnswerDefer
	}
	if said[0].label != m.LabelName() || said[0].to != m.PeerName() {
		return machine.Value{}, machine.AnswerContractViolation
	}
	s.said[m.RoleName()] = said[1:]
	return machine.Bytes(said[0].payload), machine.AnswerDone
}

// Receive implements machine.Host.
func (s *stage) Receive(m machine.Message, v machine.Value) machine.Answer {
	payload := append([]byte(nil), v.Bytes()...)
	s.heard[m.RoleName()] = append(s.heard[m.RoleName()], letter{m.PeerName(), m.LabelName(), payload})
	return machine.AnswerDone
}

// seat is a role's machine.Port on a stage, whose calls never wait.
type seat struct {
	*stage
	role choreo.Role
}

func (s seat) Send(_ deadline, to choreo.Role, label string, payload []byte) error {
	s.said[s.role] = append(s.said[s.role], letter{to, label, payload})
	if err := errors.Join(s.wake(s.role), s.settle()); err != nil {
		return err
	}
	if len(s.said[s.role]) > 0 {
		return aura.Errorf("seat.Send", aura.Internal, "%s could not send %s", s.role, label)
	}
	return nil
}

func (s seat) Receive(_ deadline, from choreo.Role) (string, []byte, error) {
	heard := s.heard[s.role]
	if len(heard) == 0 || heard[0].to != from {
		return "", nil, aura.Errorf("seat.Receive", aura.Unavailable, "nothing has come for %s from %s", s.role, from)
	}
	s.heard[s.role] = heard[1:]
	return heard[0].label, heard[0].payload, nil
}

// The endpoints that were generated and the machine that was compiled from the same text agree, message by message.
func TestEndpointsDriveTheMachine(t *testing.T) {
	var entry protocols.Entry
	for _, e := range protocols.All() {
		if e.Package == "guardianceremony" {
			entry = e
		}
	}
	inst, err := entry.Instantiate()
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, inst)
	if err := ceremony(s); err != nil {
		t.Fatal(err)
	}
	view, err := s.m.Session(s.session)
	if err != nil {
		t.Fatal(err)
	}
	if view.Status != machine.SessionClosed {
		t.Errorf("the session is %s", view.Status)
	}
}

var errGuardian = errors.New("a guardian heard something else")

// ceremony plays all four parts of a ceremony that is cancelled, each by its endpoint.
func ceremony(s *stage) error {
	initiator := guardianceremony.StartInitiator(seat{s, "Initiator"})
	proposed0, err := initiator.SendPropose(deadline{}, guardianceremony.Propose{Payload: []byte("0")})
	if err != nil {
		return err
	}
	proposed1, err := proposed0.SendPropose(deadline{}, guardianceremony.Propose{Payload: []byte("1")})
	if err != nil {
		return err
	}
	asked, err := proposed1.SendPropose(deadline{}, guardianceremony.Propose{Payload: []byte("2")})
	if err != nil {
		return err
	}
	first, err := answer0(s)
	if err != nil {
		return err
	}
	if err := answer12(s); err != nil {
		return err
	}
	_, one, err := asked.ReceiveAnswer(deadline{})
	if err != nil {
		return err
	}
	_, two, err := one.ReceiveAnswer(deadline{})
	if err != nil {
		return err
	}
	_, decision, err := two.ReceiveAnswer(deadline{})
	if err != nil {
		return err
	}
	c0, err := decision.SendCancel(deadline{}, guardianceremony.Cancel{})
	if err != nil {
		return err
	}
	c1, err := c0.SendCancel(deadline{}, guardianceremony.Cancel{})
	if err != nil {
		return err
	}
	if _, err := c1.SendCancel(deadline{}, guardianceremony.Cancel{}); err != nil {
		return err
	}
	outcome, err := first.Receive(deadline{})
	if err != nil {
		return err
	}
	if _, ok := outcome.(guardianceremony.Guardian0S3Cancel[deadline]); !ok {
		return errGuardian
	}
	return nil
}

// answer0 is the first guardian's part up to the decision.
func answer0(s *stage) (guardianceremony.Guardian0S3[deadline], error) {
	proposal, g, err := guardianceremony.StartGuardian0(seat{s, "Guardian[0]"}).ReceivePropose(deadline{})
	if err != nil {
		return guardianceremony.Guardian0S3[deadline]{}, err
	}
	if string(proposal.Payload) != "0" {
		return guardianceremony.Guardian0S3[deadline]{}, errGuardian
	}
	return g.SendAnswer(deadline{}, guardianceremony.Answer{Payload: []byte("no")})
}

// answer12 lets the other two guardians accept.
func answer12(s *stage) error {
	_, g1, err := guardianceremony.StartGuardian1(seat{s, "Guardian[1]"}).ReceivePropose(deadline{})
	if err != nil {
		return err
	}
	if _, err := g1.SendAnswer(deadline{}, guardianceremony.Answer{Payload: []byte("yes")}); err != nil {
		return err
	}
	_, g2, err := guardianceremony.StartGuardian2(seat{s, "Guardian[2]"}).ReceivePropose(deadline{})
	if err != nil {
		return err
	}
	_, err = g2.SendAnswer(deadline{}, guardianceremony.Answer{Payload: []byte("yes")})
	return err
}
