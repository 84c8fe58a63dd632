package machine

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/own"
)

// session is one execution of an image. Its memory is used again when it has been reaped.
type session struct {
	id        SessionID
	name      aura.SessionID
	image     *Image
	admission Admission
	status    SessionStatus
	epoch     uint64
	fault     *Fault
	owners    own.Owners
	procs     []process // the roles played here
	byRole    []int32   // RoleID → index in procs, -1: played elsewhere
	rings     []ring    // by EdgeID
	live      int       // roles not yet done
	outbound  int       // messages that wait to be taken out
	steps     uint64    // steps taken
	budget    uint64    // most steps that it may take
	facts     []knowledge
	worst     SessionStatus // of the fragments that ended before the session; 0: none did
	resume    []RoleID      // of an imported session: the roles that were ready, in their order
	passed    uint64        // the round in which a role of it was passed over by a wave
}

// process is one role of one session; the reference calls it a coroutine.
type process struct {
	session    *session
	prev, next *process // of the ready queue
	state      int32
	role       RoleID
	status     processStatus
	wait       waitReason
	held       holdReason
	priority   uint8
	level      uint8 // of the queue that it is in
	queued     bool
	token      bool // a message waits for it
	picked     bool // it is part of the wave that was planned
	credits    uint64
	answer     answer
}

// answer is the host's answer about the next message, kept until it is sent.
type answer struct {
	given, chosen bool
	drop          bool
	refused       bool // the host denied the message; it is asked anew when the role is woken
	branch        uint32
	value         Value
}

type processStatus uint8

const (
	procReady   processStatus = 1
	procBlocked processStatus = 2
	procDone    processStatus = 3
	procStopped processStatus = 4 // its session ended before it did
)

func (s processStatus) final() bool { return s >= procDone }

// waitReason is the reason why a role is blocked.
type waitReason uint8

const (
	waitNone waitReason = 0
	waitRecv waitReason = 1
	waitSend waitReason = 2
	waitHost waitReason = 3
	waitDeny waitReason = 4
)

// holdReason is a set of reasons for which a ready role may not run.
type holdReason uint8

const (
	holdPaused  holdReason = 1
	holdTimeout holdReason = 2
	holdOwner   holdReason = 4 // its fragment has no owner, or is being handed over
)

// knowledge is a fact that a role was tagged with.
type knowledge struct {
	role RoleID
	fact string
}

func (s *session) proc(role RoleID) *process {
	if int(role) >= len(s.byRole) || s.byRole[role] < 0 {
		return nil
	}
	return &s.procs[s.byRole[role]]
}

// current returns the state of the process, which says its next step.
func (p *process) current() *state { return &p.session.image.states[p.state] }

// Waiting is the reason why a role does not go on.
type Waiting uint8

// The reasons why a role is blocked.
const (
	// WaitingNone: it can go on, or it is done.
	WaitingNone Waiting = 0
	// WaitingMessage: a message from its peer.
	WaitingMessage Waiting = 1
	// WaitingRoom: room on the edge to its peer, or the edge itself.
	WaitingRoom Waiting = 2
	// WaitingHost: the host, which deferred.
	WaitingHost Waiting = 3
	// WaitingDenied: the host refused what the role was about to do. Nothing of it happened: the role is asked anew, from
	// the choice on, when it is woken.
	WaitingDenied Waiting = 4
)

// RoleView is the public state of a role.
type RoleView struct {
	Role choreo.Role
	// Done: it finished its part. Stopped: its session or its fragment ended first.
	Done, Stopped bool
	// Peer is the other role of the state that it is in.
	Peer    choreo.Role
	Waiting Waiting
	Paused  bool
}

// SessionView is the public state of a session.
type SessionView struct {
	ID        SessionID
	Name      aura.SessionID
	Image     *Image
	Admission Admission
	Status    SessionStatus
	Epoch     uint64
	Steps     uint64
	// Fault is why it ended; nil unless Status is SessionFaulted.
	Fault *Fault
	Roles []RoleView
	// Outbound is the number of messages that wait to be taken out.
	Outbound int
	// Fragments are the units of ownership that have roles here, by name.
	Fragments []FragmentView
}

// FragmentView is the public state of a fragment.
type FragmentView struct {
	Name string
	// Owner is the present owner, or the last one of a fragment that ended; "" if there is none.
	Owner own.Owner
	State own.State
	// Pending: a transfer to another owner was begun.
	Pending bool
}

// Session describes a session. It returns aura.NotFound after it was reaped.
func (m *Machine) Session(id SessionID) (SessionView, error) {
	s, err := m.find("machine.Session", id)
	if err != nil {
		return SessionView{}, err
	}
	v := SessionView{
		ID: s.id, Name: s.name, Image: s.image, Admission: s.admission, Status: s.status, Epoch: s.epoch,
		Steps: s.steps, Fault: s.fault, Outbound: s.outbound,
	}
	for _, r := range s.owners.Records() {
		v.Fragments = append(v.Fragments, FragmentView{Name: r.Fragment(), Owner: r.Owner(), State: r.State(), Pending: r.Pending()})
	}
	for i := range s.procs {
		p := &s.procs[i]
		r := RoleView{
			Role: s.image.RoleName(p.role), Done: p.status == procDone, Stopped: p.status == procStopped,
			Waiting: Waiting(p.wait), Paused: p.held&holdPaused != 0,
		}
		if st := p.current(); st.kind != choreo.StateEnd {
			e := s.image.edges[st.edge]
			r.Peer = s.image.RoleName(e.from)
			if st.kind == choreo.StateSend {
				r.Peer = s.image.RoleName(e.to)
			}
		}
		v.Roles = append(v.Roles, r)
	}
	return v, nil
}
