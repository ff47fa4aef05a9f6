//! The route table: what is registered is what can be listed.

use std::future::Future;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, Responder};

/// One registered route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The permission or policy rule that it needs; `None` for a route that checks none.
    pub permission: Option<&'static str>,
}

/// What proves that a permission was checked, as the first argument of a handler.
pub(crate) trait Pass {
    /// The permission's name.
    fn permission() -> &'static str;
}

/// The arguments of a handler that takes a pass first.
pub(crate) trait Guarded {
    /// The permission's name.
    fn permission() -> &'static str;
}

macro_rules! guarded {
    ($($rest:ident)*) => {
        impl<P: Pass, $($rest),*> Guarded for (P, $($rest,)*) {
            fn permission() -> &'static str {
                P::permission()
            }
        }
    };
}

guarded!();
guarded!(A);
guarded!(A B);
guarded!(A B C);

/// A path with its methods.
pub(crate) struct Resource {
    inner: actix_web::Resource,
    path: &'static str,
    routes: Vec<RouteInfo>,
}

impl Resource {
    /// The resource at `path`.
    pub(crate) fn at(path: &'static str) -> Self {
        Self { inner: web::resource(path), path, routes: Vec::new() }
    }

    /// The resource at `path`, and at another one.
    pub(crate) fn at_either(path: &'static str, other: &'static str) -> Self {
        Self { inner: web::resource([path, other]), path, routes: Vec::new() }
    }

    /// A method that needs the permission of its handler's pass.
    pub(crate) fn guarded<F, Args>(self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        F::Output: Responder + 'static,
        Args: FromRequest + Guarded + 'static,
    {
        self.route(method, Some(Args::permission()), handler)
    }

    /// A method that checks no permission.
    pub(crate) fn open<F, Args>(self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        F::Output: Responder + 'static,
        Args: FromRequest + 'static,
    {
        self.route(method, None, handler)
    }

    fn route<F, Args>(
        mut self,
        method: Method,
        permission: Option<&'static str>,
        handler: F,
    ) -> Self
    where
        F: Handler<Args>,
        F::Output: Responder + 'static,
        Args: FromRequest + 'static,
    {
        self.inner = self.inner.route(web::method(method.clone()).to(handler));
        self.routes.push(RouteInfo { method, path: self.path, permission });
        self
    }

    /// What answers every other method. It is given the methods that there are, as `Allow` has them.
    pub(crate) fn otherwise<Fut>(
        mut self,
        answer: impl Fn(HttpRequest, String) -> Fut + Clone + 'static,
    ) -> Self
    where
        Fut: Future<Output: Responder + 'static> + 'static,
    {
        let mut methods: Vec<_> = self.routes.iter().map(|route| route.method.as_str()).collect();
        methods.sort_unstable();
        let allow = methods.join(", ");
        let fallback = move |req: HttpRequest| answer(req, allow.clone());
        self.inner = self.inner.default_service(web::to(fallback));
        self
    }

    /// Registers the resource and notes its routes.
    pub(crate) fn add_to(self, config: &mut ServiceConfig, table: &mut Vec<RouteInfo>) {
        config.service(self.inner);
        table.extend(self.routes);
    }
}
