// Passwords that somebody typed into an argument after all.
#pragma once

namespace varve::cli {

// Overwrites them where the process list shows them: in the password's place of a URI, and behind
// "password=" in libpq's keywords. For a moment they were there; nothing can mend that. To be
// called once the arguments are copied.
void hide_passwords(int count, char** arguments);

}  // namespace varve::cli
