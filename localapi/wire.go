package localapi

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// protocol is the version of everything in this file. Both sides name theirs in every request, and
// a server refuses another: an agent and its frontends are one installation.
const protocol = "2"

const (
	protocolHeader = "Aura-Protocol"
	// budgetHeader is the caller's remaining budget, in nanoseconds; absent: it has none.
	budgetHeader = "Aura-Budget"
	// origin is the host in request lines. A browser cannot reach a unix socket; the check of the
	// name keeps it out even behind a careless proxy.
	origin = "agent.aura.invalid"

	pathHello  = "/v1/hello"
	pathSubmit = "/v1/submit"
	pathAsk    = "/v1/ask"
	pathWatch  = "/v1/watch"

	eventUpdate = "update"
	eventEnd    = "end"
)

const (
	// maxRequest bounds a request's body: the largest payload in base64, and its envelope.
	maxRequest = fact.MaxPayload/3*4 + 64<<10
	// maxSelected bounds the kinds and namespaces that a watch names: each record is compared with all of them.
	maxSelected = 1024
	// maxAnswer is the most that a client reads of an answer or of one event, in bytes.
	maxAnswer = 8 << 20
	// frameBytes is the payload after which an update is split into several events.
	frameBytes = 512 << 10
)

// wireIntent and the other types below are the JSON bodies. Byte slices travel in base64.
type wireIntent struct {
	Kind      string           `json:"kind"`
	Operation aura.OperationID `json:"operation"`
	Payload   []byte           `json:"payload,omitempty"`
}

type wireResult struct {
	Operation aura.OperationID `json:"operation"`
	Facts     []aura.FactID    `json:"facts,omitempty"`
	Payload   []byte           `json:"payload,omitempty"`
}

type wireQuestion struct {
	Kind    string `json:"kind"`
	Payload []byte `json:"payload,omitempty"`
}

type wireAnswer struct {
	Payload []byte `json:"payload,omitempty"`
}

type wireSelection struct {
	Namespaces   []fact.Namespace `json:"namespaces,omitempty"`
	Kinds        []string         `json:"kinds,omitempty"`
	After        fact.Position    `json:"after,omitempty"`
	Observations []string         `json:"observations,omitempty"`
	Follow       bool             `json:"follow,omitempty"`
	Before       fact.Position    `json:"before,omitempty"`
	Through      fact.Position    `json:"through,omitempty"`
	Last         int              `json:"last,omitempty"`
	Causal       bool             `json:"causal,omitempty"`
	Author       aura.AuthorityID `json:"author,omitzero"`
	Operation    aura.OperationID `json:"operation,omitzero"`
	Era          uint64           `json:"era,omitempty"`
}

type wireUpdate struct {
	Records      []wireRecord      `json:"records,omitempty"`
	Position     fact.Position     `json:"position"`
	Live         bool              `json:"live,omitempty"`
	Observations []wireObservation `json:"observations,omitempty"`
	Era          uint64            `json:"era,omitempty"`
}

type wireRecord struct {
	Position fact.Position `json:"p"`
	Record   []byte        `json:"r"` // fact.Record.Encode
	Fork     uint64        `json:"c,omitempty"`
	Sole     bool          `json:"s,omitempty"`
}

type wireObservation struct {
	Kind    string `json:"kind"`
	Key     string `json:"key,omitempty"`
	Payload []byte `json:"payload,omitempty"`
}

// wireError carries what [aura.KindOf] and [aura.Reason] say. A zero kind means that nothing failed.
type wireError struct {
	Op   aura.Op   `json:"op,omitempty"`
	Kind aura.Kind `json:"kind"`
	Text string    `json:"text,omitempty"`
}

func encodeError(err error) wireError {
	if err == nil {
		return wireError{}
	}
	w := wireError{Kind: aura.KindOf(err), Text: aura.Reason(err)}
	if _, ok := errors.AsType[*task.Ended](err); ok { // its text is about a task of the agent, not for a caller
		w.Text = "the agent is stopping"
		if w.Kind == aura.Timeout {
			w.Text = "the agent did not get this done in time"
		}
	}
	if e, ok := errors.AsType[*aura.Error](err); ok {
		w.Op = e.Op
	}
	return w
}

// decode returns the error that crossed, or nil.
func (w wireError) decode() error {
	if w.Kind == 0 {
		return nil
	}
	return &aura.Error{Op: w.Op, Kind: w.Kind, Err: errors.New(w.Text)}
}

func encodeUpdate(up *fact.Update) wireUpdate {
	w := wireUpdate{Position: up.Position, Live: up.Live, Era: up.Era, Records: make([]wireRecord, len(up.Records))}
	for i := range up.Records {
		r := up.Records[i]
		r.Proof = fact.Proof{} // the agent verified it; a frontend has no keys to verify it again
		w.Records[i] = wireRecord{Position: r.Position, Record: r.Encode(), Fork: r.Fork, Sole: r.Sole}
	}
	for _, o := range up.Observations {
		w.Observations = append(w.Observations, wireObservation(o))
	}
	return w
}

// decode returns the update. It returns [aura.Corrupt] for a record that is none.
func (w *wireUpdate) decode() (fact.Update, error) {
	up := fact.Update{Position: w.Position, Live: w.Live, Era: w.Era}
	for i := range w.Records {
		r, err := fact.DecodeRecord(w.Records[i].Record)
		if err != nil {
			return fact.Update{}, err
		}
		r.Position, r.Fork, r.Sole = w.Records[i].Position, w.Records[i].Fork, w.Records[i].Sole
		up.Records = append(up.Records, r)
	}
	for _, o := range w.Observations {
		up.Observations = append(up.Observations, fact.Observation(o))
	}
	return up, nil
}

// split calls fn with parts of an update whose payloads are of bounded size. Each part but the last
// ends no history: it is not Live, and its position is that of its last record.
func split(up *fact.Update, fn func(*fact.Update) error) error {
	rest, size := up.Records, 0
	for i := 0; i < len(rest); i++ {
		size += len(rest[i].Fact.Payload) + recordOverhead
		if size < frameBytes || i+1 == len(rest) {
			continue
		}
		part := fact.Update{Records: rest[:i+1], Position: rest[i].Position, Era: up.Era}
		if err := fn(&part); err != nil {
			return err
		}
		rest, i, size = rest[i+1:], -1, 0
	}
	return fn(&fact.Update{Records: rest, Position: up.Position, Live: up.Live, Observations: up.Observations, Era: up.Era})
}

// recordOverhead is at most about the size of a record without its payload, in bytes.
const recordOverhead = 512
