package native_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

type object = map[string]any

// userWithRole stores a user that stands above others in the project.
func userWithRole(t *testing.T, project *pod.Project, username string, role model.UserRole) model.User {
	t.Helper()
	user, err := project.Store.CreateUser(t.Context(), store.NewUser{Username: username, Email: username + "@example.com", Role: role, Properties: []byte("{}")})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return user
}

// usersFixture is a project with one user of each kind and a client for each.
type usersFixture struct {
	Gomega
	project                                    *pod.Project
	pod                                        *pod.Pod
	key, public, superadmin, admin, staff, ada *client
	grace                                      *client
	adaID, graceID, adminID, superID           model.UserID
}

func newUsersFixture(t *testing.T, options pod.Options) *usersFixture {
	t.Helper()
	f := &usersFixture{Gomega: NewWithT(t), project: pod.New(t, options)}
	f.pod = f.project.Start(t)
	f.key = newClient(t, f.pod, key(f.project.SecretKey))
	f.public = f.key.as(key(f.project.PublicKey))
	client := func(username string, role model.UserRole) (*client, model.UserID) {
		user := userWithRole(t, f.project, username, role)
		return f.key.as(pod.Bearer(f.project.Token(t, user))), user.ID
	}
	f.superadmin, f.superID = client("super", model.UserSuperadmin)
	f.admin, f.adminID = client("admin", model.UserAdmin)
	f.staff, _ = client("staff", model.UserStaff)
	f.ada, f.adaID = client("ada", model.UserPlain)
	f.grace, f.graceID = client("grace", model.UserPlain)
	return f
}

const (
	usersPath = "/chat/v1/users"
	mePath    = "/chat/v1/users/me"
	adaPath   = "/chat/v1/users/username:ada"
)

func TestRolesAndPermissionsAreGivenByThoseWhoStandHighEnough(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	plain := f.public.call("POST", usersPath, object{"username": "one"}).expect(201)
	f.Expect(plain).To(And(HaveKeyWithValue("role", "user"), HaveKeyWithValue("accountStatus", "active"), HaveKeyWithValue("version", 1.0)))
	f.public.call("POST", usersPath, object{"role": "user"}).expect(201)
	for _, body := range []object{{"role": "staff"}, {"role": "superadmin"}, {"permissions": object{"admin.view": true}}} {
		f.public.call("POST", usersPath, body).refused(403, "permission_denied")
		f.ada.call("POST", usersPath, body).refused(403, "permission_denied")
		f.staff.call("POST", usersPath, body).refused(403, "permission_denied")
	}
	f.ada.call("POST", usersPath, nil).refused(403, "permission_denied")
	made := f.admin.call("POST", usersPath, object{"role": "admin", "permissions": object{"message.send": false}}).expect(201)
	f.Expect(made).To(And(HaveKeyWithValue("role", "admin"), HaveKeyWithValue("permissions", object{"message.send": false})))
	f.admin.call("POST", usersPath, object{"role": "superadmin"}).refused(403, "permission_denied")
	f.superadmin.call("POST", usersPath, object{"role": "superadmin"}).expect(201)
	f.key.call("POST", usersPath, object{"role": "superadmin"}).expect(201)
	f.key.call("POST", usersPath, object{"role": "king"}).refused(400, "invalid_request")
	f.key.call("POST", usersPath, object{"permissions": object{"fly": true}}).refused(400, "invalid_request")
}

func TestAnExistingUserIsReusedUnchangedWhenAskedFor(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	f.key.call("POST", usersPath, object{"username": "ADA"}).refused(409, "user_exists")
	again := f.key.call("POST", usersPath, object{"username": "ADA", "displayName": "other", "onConflict": "reuse"}).expect(200)
	f.Expect(again).To(HaveKeyWithValue("id", f.adaID.String()))
	f.Expect(again).NotTo(HaveKey("displayName"))
	f.Expect(again).To(HaveKeyWithValue("email", "ada@example.com"))
	shown := f.public.call("POST", usersPath, object{"username": "ada", "onConflict": "reuse"}).expect(200)
	f.Expect(shown).NotTo(HaveKey("email"), "a public key learns no address")
}

func TestAnAddressIsShownToItsUserAndToAdministrators(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	for name, reader := range map[string]*client{"a secret key": f.key, "an admin": f.admin, "the user": f.ada} {
		f.Expect(reader.call("GET", adaPath, nil).expect(200)).To(HaveKeyWithValue("email", "ada@example.com"), name)
	}
	for name, reader := range map[string]*client{"staff": f.staff, "another user": f.grace} {
		shown := reader.call("GET", adaPath, nil).expect(200)
		f.Expect(shown).To(HaveKeyWithValue("username", "ada"), name)
		f.Expect(shown).NotTo(HaveKey("email"), name)
		listed := reader.call("GET", usersPath+"?search=ada", nil).expect(200)
		f.Expect(listed["items"]).To(HaveExactElements(Not(HaveKey("email"))), name)
	}
	f.public.call("GET", adaPath, nil).refused(403, "permission_denied")
	f.ada.call("GET", usersPath+"/username:nobody", nil).refused(404, "user_not_found")
}

func TestMeIsTheUserWhoAsks(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	f.Expect(f.ada.call("GET", mePath, nil).expect(200)).To(HaveKeyWithValue("id", f.adaID.String()))
	acting := f.key.as(onBehalf(f.project.SecretKey, "username:grace"))
	f.Expect(acting.call("GET", mePath, nil).expect(200)).To(HaveKeyWithValue("username", "grace"))
	f.key.call("GET", mePath, nil).refused(400, "invalid_request")
}

func TestUsersAreListedByEveryFilter(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	f.key.call("POST", "/chat/v1/sessions/guest", object{"username": "visitor", "displayName": "Ada's guest"}).expect(201)
	f.key.call("PATCH", usersPath+"/username:grace", object{"accountStatus": "suspended"}).expect(200)
	f.Expect(f.project.Store.TouchUsers(t.Context(), touched(f.adaID))).To(Succeed())
	names := func(query string) []string {
		t.Helper()
		var found []string
		for _, item := range f.key.call("GET", usersPath+"?"+query, nil).expect(200)["items"].([]any) {
			found = append(found, item.(object)["username"].(string))
		}
		return found
	}
	for query, want := range map[string][]string{
		"":                           {"super", "admin", "staff", "ada", "grace", "visitor"},
		"search=AD":                  {"admin", "ada", "visitor"},
		"displayName=ada's%20guest":  {"visitor"},
		"role=admin,staff":           {"admin", "staff"},
		"role=admin&role=superadmin": {"super", "admin"},
		"accountStatus=suspended":    {"grace"},
		"guest=true":                 {"visitor"},
		"guest=false&role=user":      {"ada", "grace"},
		"id=" + f.adaID.String():     {"ada"},
		"activeSince=2026-01-01T00:00:00Z&role=user": {"ada"},
		"page=2&limit=4": {"grace", "visitor"},
		"offset=5":       {"visitor"},
	} {
		f.Expect(names(query)).To(Equal(want), query)
	}
	for _, query := range []string{"role=king", "accountStatus=gone", "guest=1", "id=ada", "activeSince=now", "limit=0", "cursor=x", "search=%00"} {
		f.key.call("GET", usersPath+"?"+query, nil).refused(400, "invalid_request")
	}
}

func TestAListOfUsersIsReadByCursorToItsEnd(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	var seen []string
	for query := "limit=2"; query != ""; {
		part := f.key.call("GET", usersPath+"?"+query, nil).expect(200)
		f.Expect(part).To(HaveKeyWithValue("total", 5.0))
		for _, item := range part["items"].([]any) {
			seen = append(seen, item.(object)["username"].(string))
		}
		query = ""
		if next, more := part["next"]; more {
			query = fmt.Sprintf("limit=2&cursor=%s", next)
		}
	}
	f.Expect(seen).To(Equal([]string{"super", "admin", "staff", "ada", "grace"}))
}

func TestOnlyADirectoryLetsPlainUsersListUsers(t *testing.T) {
	f := newUsersFixture(t, pod.Options{Features: &config.Features{}})
	for _, reader := range []*client{f.key, f.admin, f.superadmin, f.staff} {
		reader.call("GET", usersPath, nil).expect(200)
	}
	f.ada.call("GET", usersPath, nil).refused(403, "permission_denied")
	f.public.call("GET", usersPath, nil).refused(403, "permission_denied")
	f.ada.call("GET", usersPath+"/username:grace", nil).expect(200)
}

func TestAUserChangesItsOwnProfileAndNothingElse(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	f.ada.call("PATCH", mePath, object{"displayName": "Ada", "avatar": "https://example.com/a.png", "email": "a@example.com", "properties": object{"a": 1, "b": object{"c": 2}}}).expect(200)
	changed := f.ada.call("PATCH", mePath, object{"username": "lovelace", "avatar": nil, "properties": object{"a": nil, "b": object{"d": 3}}}).expect(200)
	f.Expect(changed).To(And(
		HaveKeyWithValue("username", "lovelace"), HaveKeyWithValue("displayName", "Ada"), HaveKeyWithValue("email", "a@example.com"),
		HaveKeyWithValue("properties", object{"b": object{"c": 2.0, "d": 3.0}}), HaveKeyWithValue("version", 3.0)))
	f.Expect(changed).NotTo(HaveKey("avatar"))
	f.ada.call("PATCH", mePath, object{"username": "GRACE"}).refused(409, "user_exists")
	for _, body := range []object{{"role": "user"}, {"permissions": object{}}, {"accountStatus": "active"}, {"externalId": "x"}} {
		f.ada.call("PATCH", mePath, body).refused(403, "permission_denied")
	}
	f.ada.call("PATCH", usersPath+"/username:grace", object{"displayName": "x"}).refused(403, "permission_denied")
	f.staff.call("PATCH", usersPath+"/username:grace", object{"displayName": "x"}).refused(403, "permission_denied")
	f.public.call("PATCH", usersPath+"/username:grace", object{"displayName": "x"}).refused(403, "permission_denied")
	for _, body := range []object{{"displayName": 7}, {"guest": true}, {"properties": []int{}}, {"username": "1000000000001"}} {
		f.ada.call("PATCH", mePath, body).refused(400, "invalid_request")
	}
}

func TestAChangeIsHeldToTheVersionThatItWasMeantFor(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	read := f.ada.call("GET", mePath, nil)
	f.Expect(read.header.Get("ETag")).To(Equal(`"1"`))
	held := f.ada.as(f.ada.header.Clone())
	held.header.Set("If-Match", read.header.Get("ETag"))
	first := held.call("PATCH", mePath, object{"displayName": "one"})
	first.expect(200)
	f.Expect(first.header.Get("ETag")).To(Equal(`"2"`))
	held.call("PATCH", mePath, object{"displayName": "two"}).refused(412, "version_changed")
	f.Expect(f.ada.call("GET", mePath, nil).expect(200)).To(HaveKeyWithValue("displayName", "one"))
	held.header.Set("If-Match", "two")
	held.call("PATCH", mePath, object{"displayName": "two"}).refused(400, "invalid_request")
}

func TestAdministratorsActOnNobodyAboveThem(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	superPath, adminPath := usersPath+"/"+f.superID.String(), usersPath+"/"+f.adminID.String()
	f.admin.call("PATCH", adaPath, object{"role": "superadmin"}).refused(403, "permission_denied")
	f.admin.call("PATCH", superPath, object{"role": "user"}).refused(403, "permission_denied")
	f.admin.call("PATCH", superPath, object{"accountStatus": "suspended"}).refused(403, "permission_denied")
	f.admin.call("DELETE", superPath, nil).refused(403, "permission_denied")
	f.admin.call("POST", superPath+"/tokens/revoke", nil).refused(403, "permission_denied")
	promoted := f.admin.call("PATCH", adaPath, object{"role": "admin", "permissions": object{"admin.view": false, "message.send": true}, "externalId": "e-1"}).expect(200)
	f.Expect(promoted).To(And(HaveKeyWithValue("role", "admin"), HaveKeyWithValue("externalId", "e-1")))
	merged := f.admin.call("PATCH", usersPath+"/e-1", object{"role": nil, "permissions": object{"admin.view": nil}, "externalId": nil}).expect(200)
	f.Expect(merged).To(And(HaveKeyWithValue("role", "user"), HaveKeyWithValue("permissions", object{"message.send": true}), Not(HaveKey("externalId"))))
	f.Expect(f.admin.call("PATCH", adaPath, object{"permissions": nil}).expect(200)).NotTo(HaveKey("permissions"))
	f.superadmin.call("PATCH", adminPath, object{"role": "staff"}).expect(200)
	f.admin.call("PATCH", adaPath, object{"role": "staff"}).refused(403, "permission_denied")
	f.key.call("PATCH", superPath, object{"role": "user"}).expect(200)
}

func TestAUsersSessionsHearOfItsChange(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	socket := f.pod.Open(t, f.ada.header)
	f.key.call("PATCH", adaPath, object{"displayName": "Ada"}).expect(200)
	event := socket.Await(pod.Event("user.updated"))
	f.Expect(string(event.Data)).To(And(ContainSubstring(`"displayName":"Ada"`), ContainSubstring(`"version":2`)))
	f.key.call("PATCH", adaPath, object{"displayName": "Ada"}).expect(200)
	f.key.call("PATCH", adaPath, object{"displayName": "Ada L."}).expect(200)
	event = socket.Await(pod.Event("user.updated"))
	f.Expect(string(event.Data)).To(ContainSubstring(`"version":3`), "what changes nothing is not told")
}

func TestASuspendedUserIsRefusedEverywhere(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	login := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	socket := f.pod.Open(t, f.ada.header)
	f.admin.call("PATCH", adaPath, object{"accountStatus": "suspended"}).expect(200)
	f.Expect(closeCode(t, socket)).To(Equal(4002))
	f.ada.call("GET", mePath, nil).refused(403, "user_suspended")
	f.key.as(onBehalf(f.project.SecretKey, "username:ada")).call("GET", mePath, nil).refused(403, "user_suspended")
	f.key.call("POST", adaPath+"/tokens", nil).refused(403, "user_suspended")
	f.public.call("POST", "/chat/v1/sessions/refresh", object{"refreshToken": login["refreshToken"]}).refused(401, "invalid_refresh_token")
	f.admin.call("PATCH", adaPath, object{"accountStatus": "active"}).expect(200)
	f.ada.call("GET", mePath, nil).refused(401, "invalid_token")
	token := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	f.ada.as(pod.Bearer(token["token"].(string))).call("GET", mePath, nil).expect(200)
}
