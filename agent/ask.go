package agent

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/query"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/task"
)

// Ask answers one question: for the status, a verdict of the guard, or a query of the facts. A kind that it
// does not know is [aura.NotFound]; other errors are those of the question.
func (a *Agent) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	const op = "agent.Ask"
	if len(q.Payload) > fact.MaxPayload {
		return fact.Answer{}, aura.Errorf(op, aura.Invalid, "question %s has %d bytes, the most is %d", q.Kind, len(q.Payload), fact.MaxPayload)
	}
	if to, ok := a.answers[q.Kind]; ok {
		return to(tc, q)
	}
	if asked, ok := a.set.Question(q.Kind); ok && asked.Answer != nil {
		return a.askModule(tc, asked, q)
	}
	return fact.Answer{}, aura.Errorf(op, aura.NotFound, "there is no question %q", q.Kind)
}

// answerer answers one kind of question.
type answerer func(task.Context, fact.Question) (fact.Answer, error)

// hosted returns what answers the agent's own questions, and those of modules that no state of the module answers.
func (a *Agent) hosted() map[string]answerer {
	return map[string]answerer{
		status.Question: func(task.Context, fact.Question) (fact.Answer, error) {
			payload, err := fact.Marshal(a.Status())
			return fact.Answer{Payload: payload}, err
		},
		status.QuestionWithdraw: func(tc task.Context, q fact.Question) (fact.Answer, error) {
			return answer(tc, q, func(tc task.Context, w status.Withdraw) (status.Withdrawn, error) {
				return status.Withdrawn{Running: a.env.Operations.Withdraw(tc, w.Operation)}, nil
			})
		},
		status.QuestionServices: func(task.Context, fact.Question) (fact.Answer, error) { return encoded(declared(a.Services())) },
		capability.QuestionExplain: func(tc task.Context, q fact.Question) (fact.Answer, error) {
			return answer(tc, q, a.explain)
		},
		capability.QuestionTokens: func(task.Context, fact.Question) (fact.Answer, error) {
			return encoded(capability.TokenList{Tokens: a.env.Frontier.List()})
		},
		device.QuestionSync: func(task.Context, fact.Question) (fact.Answer, error) { return encoded(a.synced()) },
		seen.QuestionList: func(tc task.Context, _ fact.Question) (fact.Answer, error) {
			all, err := a.services.sessions.List(tc)
			if err != nil {
				return fact.Answer{}, err
			}
			return encoded(seen.List{Sessions: all})
		},
		seen.QuestionShow: func(tc task.Context, q fact.Question) (fact.Answer, error) {
			return answer(tc, q, func(tc task.Context, s seen.Show) (seen.Shown, error) { return a.services.sessions.Show(tc, s.Name) })
		},
		seen.QuestionTrace: func(tc task.Context, q fact.Question) (fact.Answer, error) {
			return answer(tc, q, func(tc task.Context, s seen.Show) (seen.Shown, error) { return a.services.sessions.Trace(tc, s.Name) })
		},
		seen.QuestionReplay: func(tc task.Context, q fact.Question) (fact.Answer, error) {
			return answer(tc, q, func(tc task.Context, s seen.Show) (seen.Replayed, error) {
				return a.services.sessions.Replay(tc, s.Name)
			})
		},
		seen.QuestionEnded: func(tc task.Context, _ fact.Question) (fact.Answer, error) {
			all, err := a.services.sessions.Ended(tc)
			if err != nil {
				return fact.Answer{}, err
			}
			// Those of siblings leave nothing behind, and there is one after each commit.
			all = slices.DeleteFunc(all, func(e seen.Ended) bool { return e.Session.Protocol == service.JournalSyncID })
			return encoded(seen.EndedList{Sessions: all})
		},
		query.QuestionKinds: func(task.Context, fact.Question) (fact.Answer, error) {
			var v query.Vocabulary
			for _, p := range reactive.Predicates(a.set.Registry()) {
				v.Predicates = append(v.Predicates, query.Predicate(p))
			}
			return encoded(v)
		},
		query.Question: func(tc task.Context, q fact.Question) (fact.Answer, error) { return answer(tc, q, a.query) },
	}
}

// checkQuestions refuses a module with a question that nothing answers, or that the agent answers itself.
func (a *Agent) checkQuestions() error {
	for _, m := range a.set.Modules() {
		for _, q := range m.Questions {
			if _, taken := a.answers[q.Kind]; taken != (q.Answer == nil) {
				return aura.Errorf("agent.checkQuestions", aura.Invalid, "module %s: the question %s needs one answer", m.Name, q.Kind)
			}
		}
	}
	return nil
}

// askModule answers a question of a module from the indexed states.
func (a *Agent) askModule(tc task.Context, asked *domain.Question, q fact.Question) (fact.Answer, error) {
	said, err := a.env.Answer(tc, asked, q.Payload)
	if err != nil {
		return fact.Answer{}, err
	}
	return encoded(said)
}

// answer decodes a question, has it answered and encodes the answer.
func answer[Q, A any](tc task.Context, q fact.Question, to func(task.Context, Q) (A, error)) (fact.Answer, error) {
	var question Q
	if err := fact.Unmarshal(q.Payload, &question); err != nil {
		return fact.Answer{}, aura.Errorf("agent.Ask", aura.Invalid, "question %s: %w", q.Kind, err)
	}
	a, err := to(tc, question)
	if err != nil {
		return fact.Answer{}, err
	}
	return encoded(a)
}

func encoded(answer any) (fact.Answer, error) {
	payload, err := fact.MarshalAnswer(answer)
	if err != nil {
		return fact.Answer{}, aura.Errorf("agent.Ask", aura.Exhausted, "the answer is larger than %s bytes: ask for less", datalog.Grouped(fact.MaxAnswer))
	}
	return fact.Answer{Payload: payload}, nil
}

// maxQueries is how many queries are evaluated at once: each may take the memory that its limits allow.
const maxQueries = 2

// query evaluates a query over the journal. It needs what its domains ask for, which the guard's frontier
// must hold outside any context.
func (a *Agent) query(tc task.Context, q query.Query) (query.Result, error) {
	if len(q.Text) > query.MaxText {
		return query.Result{}, aura.Errorf("agent.query", aura.Invalid, "the query has %d bytes, the most is %d", len(q.Text), query.MaxText)
	}
	self := a.Self()
	l, err := reactive.NewLogic(q.Text, a.set.Registry(), reactive.LogicOptions{
		AsOf: q.AsOf, Params: datalog.Params{"self": datalog.NewBytes(self[:])},
	})
	if err != nil {
		return query.Result{}, err
	}
	if err := a.queries.Acquire(tc); err != nil {
		return query.Result{}, err
	}
	defer a.queries.Release()
	rows, err := reactive.Run(tc, a.unified, l)
	if err != nil {
		return query.Result{}, err
	}
	result := query.Result{Position: rows.Position, Columns: rows.Columns, Kinds: l.Predicates().Kinds}
	for _, row := range rows.Rows {
		values := make([]query.Value, len(row))
		for i, term := range row {
			values[i] = valueOf(term)
		}
		result.Rows = append(result.Rows, values)
	}
	return result, nil
}

func valueOf(t datalog.Term) query.Value {
	switch t.Kind() {
	case datalog.KindNull:
		return query.Value{Kind: query.KindNull, Text: t.String()}
	case datalog.KindInteger:
		return query.Value{Kind: query.KindInteger, Text: t.String()}
	case datalog.KindBool:
		return query.Value{Kind: query.KindBool, Text: t.String()}
	case datalog.KindString:
		return query.Value{Kind: query.KindString, Text: t.Text()}
	}
	return query.Value{Kind: query.KindOther, Text: t.String()}
}

// permits reports whether the own authority may do something that belongs to no context.
func (a *Agent) permits(tc task.Context, name string) bool {
	f, err := a.env.Frontier.Frontier(tc, frontier.Claim{Authority: a.Self(), Now: tc.Now()})
	return err == nil && f.Allows(name)
}
