package status

// QuestionServices is the kind of the question, without a payload, that [Services] answers.
const QuestionServices = "agent.services"

// Services holds the declarations of an agent's services, in start order.
type Services struct {
	Services []Declared `cbor:"1,keyasint,omitempty" json:"services"`
}

// Declared is the declaration of one service, see task.Declaration.
type Declared struct {
	Name     string   `cbor:"1,keyasint" json:"name"`
	Owner    string   `cbor:"2,keyasint" json:"owner"`                       // the path of the group that starts and stops it
	Category string   `cbor:"3,keyasint" json:"category"`                    // of ownership, as the runtime document calls it
	Mailbox  int      `cbor:"4,keyasint,omitempty" json:"mailbox,omitempty"` // messages that may wait; zero: it has none
	Owns     []Owned  `cbor:"5,keyasint,omitempty" json:"owns"`
	Events   []string `cbor:"6,keyasint,omitempty" json:"events,omitempty"` // families, beside lifecycle and tasks
}

// Owned is a piece of mutable state of a service.
type Owned struct {
	Type string `cbor:"1,keyasint" json:"type"` // with its package
	By   string `cbor:"2,keyasint" json:"by"`   // what keeps changes apart: "loop", "mailbox" or "lock"
}
